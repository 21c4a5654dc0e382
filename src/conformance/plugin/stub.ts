import type { JsonObject } from "../subject/index.ts";
import type { World } from "../world/index.ts";

/**
 * The suite's own IPAM plugin: writes down each call, reserves one address for each attachment, and fails
 * when a check says so. A plugin that delegates finds it in CNI_PATH.
 */

export const STUB = "conformance-ipam";
export const STUB_DIR = "/run/conformance/bin";
const STATE = "/run/conformance/ipam";

/** One call of the stub. */
export interface StubCall {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** Addresses are of 10.245.0.0/24, with the router 10.245.0.1. */
export const STUB_GATEWAY = "10.245.0.1";

const SCRIPT = `#!/bin/sh
# What the suite's IPAM plugin does; its state is in ${STATE}.
set -eu
state=${STATE}
mkdir -p "$state/calls" "$state/reserved"
number=0
while ! mkdir "$state/calls/$(printf %04d $number)" 2>/dev/null; do number=$((number + 1)); done
call="$state/calls/$(printf %04d $number)"
cat >"$call/stdin"
env >"$call/env"
printf %s "\${CNI_COMMAND-}" >"$call/command"
if [ -f "$state/say" ]; then cat "$state/say" >&2; fi
if [ -f "$state/fail-$CNI_COMMAND" ]; then
  cat "$state/fail-$CNI_COMMAND"
  exit 1
fi
version=$(tr -d '\\n' <"$call/stdin" | sed -n 's/.*"cniVersion"[ \\t]*:[ \\t]*"\\([^"]*\\)".*/\\1/p')
key="\${CNI_CONTAINERID-}--\${CNI_IFNAME-}"
case $CNI_COMMAND in
ADD)
  last=2
  while ! mkdir "$state/taken-$last" 2>/dev/null; do last=$((last + 1)); done
  printf %s "$last" >"$state/reserved/$key"
  if [ -f "$state/answer" ]; then
    cat "$state/answer"
    exit 0
  fi
  case $version in
  0.1.0 | 0.2.0 | "")
    printf '{"cniVersion":"%s","ip4":{"ip":"10.245.0.%s/24","gateway":"${STUB_GATEWAY}","routes":[{"dst":"0.0.0.0/0"}]},"dns":{}}' "\${version:-0.1.0}" "$last" ;;
  0.3.* | 0.4.*)
    printf '{"cniVersion":"%s","ips":[{"version":"4","address":"10.245.0.%s/24","gateway":"${STUB_GATEWAY}"}],"routes":[{"dst":"0.0.0.0/0"}],"dns":{}}' "$version" "$last" ;;
  *)
    printf '{"cniVersion":"%s","ips":[{"address":"10.245.0.%s/24","gateway":"${STUB_GATEWAY}"}],"routes":[{"dst":"0.0.0.0/0"}]}' "$version" "$last" ;;
  esac ;;
DEL)
  if [ -f "$state/reserved/$key" ]; then
    rmdir "$state/taken-$(cat "$state/reserved/$key")"
    rm -f "$state/reserved/$key"
  fi ;;
VERSION)
  printf '{"cniVersion":"%s","supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}' "\${version:-1.1.0}" ;;
esac
`;

export class IpamStub {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    world.write(`${STUB_DIR}/${STUB}`, SCRIPT, 0o755);
    world.write(`${STATE}/ready`, "");
  }

  /** All calls so far, in the order in which they began. */
  calls(command?: string): StubCall[] {
    const dirs = new Set(
      this.#world.files(`${STATE}/calls`).map((file) => file.slice(0, file.lastIndexOf("/"))),
    );
    const calls = [...dirs].map((dir): StubCall => {
      return {
        command: this.#world.read(`${dir}/command`) ?? "",
        env: environment(this.#world.read(`${dir}/env`) ?? ""),
        stdin: this.#world.read(`${dir}/stdin`) ?? "",
      };
    });
    return command === undefined ? calls : calls.filter((call) => call.command === command);
  }

  /** Attachments that hold an address: container ID and interface, joined by two dashes. */
  reserved(): string[] {
    return this.#world.files(`${STATE}/reserved`).map((file) => file.slice(STATE.length + 10));
  }

  /** Makes each further call of an operation fail with this error object. */
  failOn(command: string, error: JsonObject): void {
    this.#world.write(`${STATE}/fail-${command}`, JSON.stringify(error));
  }

  /** Makes each further ADD succeed with this on standard output. */
  answer(text: string): void {
    this.#world.write(`${STATE}/answer`, text);
  }

  /** Makes each further call write this on standard error. */
  say(text: string): void {
    this.#world.write(`${STATE}/say`, text);
  }

  succeedOn(command: string): void {
    this.#world.remove(`${STATE}/fail-${command}`);
  }
}

function environment(text: string): Record<string, string> {
  const entries = text.split("\n").flatMap((line): [string, string][] => {
    const at = line.indexOf("=");
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
  });
  return Object.fromEntries(entries);
}
