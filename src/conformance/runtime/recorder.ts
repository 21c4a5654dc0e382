import type { Exchange } from "../check.ts";
import { inShape } from "../plugin/shape.ts";
import { VERSIONS } from "../plugin/versions.ts";
import type { Json, JsonObject } from "../subject/index.ts";
import type { World } from "../world/index.ts";

/**
 * The suite's own plugin, under several names: writes down each call as it came, and answers what the
 * check has prepared. What it writes is ordered by one log, so no clock is compared.
 */

const HOME = "/run/conformance/recorder";
const LOG = `${HOME}/log`;

const SCRIPT = `#!/bin/sh
home=${HOME}
me=\${0##*/}
space=other
if [ /proc/self/ns/net -ef /proc/1/ns/net ]; then space=host; fi
number=-
read -r at rest </proc/uptime
echo "begin $$ $me \${CNI_COMMAND:-none} $space $at" >>"$home/log"
trap 'code=$?; read -r at rest </proc/uptime; echo "end $$ $code $number $at" >>"$home/log"' EXIT
cat "/proc/$$/environ" >"$home/env-$$"
answer=$home/answer-$me-\${CNI_COMMAND:-none}
if [ ! -f "$answer.deaf" ]; then cat >"$home/stdin-$$"; fi
if [ -f "$answer" ]; then . "$answer"; fi
`;

/** One call of a recorder. */
export interface Call {
  /** The name under which it was called. */
  readonly plugin: string;
  /** CNI_COMMAND. */
  readonly operation: string;
  readonly env: Readonly<Record<string, string>>;
  /** As it came. */
  readonly stdin: string;
  /** The request; empty when stdin is not a JSON object. */
  readonly request: JsonObject;
  /** It ran in the network namespace of the host. */
  readonly onHost: boolean;
  /** Places in the order of all beginnings and ends; the end is Infinity while it runs. */
  readonly began: number;
  readonly ended: number;
  /** Undefined while it runs, and when it was ended by a signal. */
  readonly exitCode: number | undefined;
  /** What it was to answer; undefined when it succeeded without a word, or was ended. */
  readonly answer: Prepared | undefined;
  readonly ms: number;
}

/** What a recorder answers to an operation. */
export interface Prepared {
  /** As it is printed; an object is printed as JSON. "%NETNS%" and "%IFNAME%" are replaced. */
  readonly stdout?: string | JsonObject;
  readonly stderr?: string;
  readonly exitCode?: number;
  /** Before the answer; may be fractions. */
  readonly seconds?: number;
  /** Waits until the check calls \`release\`, ten seconds at most. */
  readonly waits?: boolean;
  /** Leaves standard input unread. */
  readonly isDeaf?: boolean;
  /** Ends itself by this signal. */
  readonly signal?: string;
}

export class Recorder {
  readonly #world: World;
  readonly #answers: Prepared[] = [];

  constructor(world: World) {
    this.#world = world;
    world.write(LOG, "");
  }

  /** Puts the recorder into a directory under a name, with answers in a version's shape. */
  install(dir: string, name: string, version: string): void {
    this.#world.write(`${dir}/${name}`, SCRIPT, 0o755);
    this.answer(name, "ADD", { stdout: resultOf(name, version) });
    this.answer(name, "VERSION", {
      stdout: { cniVersion: version, supportedVersions: VERSIONS },
    });
  }

  /** Prepares the answer to an operation; all that is not prepared succeeds and prints nothing. */
  answer(name: string, operation: string, prepared: Prepared): void {
    const { stdout = "", stderr = "", exitCode = 0, seconds, waits, signal, isDeaf } = prepared;
    const text = typeof stdout === "string" ? stdout : JSON.stringify(stdout);
    const file = `${HOME}/answer-${name}-${operation}`;
    const lines = [
      `number=${this.#answers.push(prepared) - 1}`,
      ...(seconds === undefined ? [] : [`sleep ${seconds}`]),
      ...(waits === true
        ? [
            "turn=0",
            `while [ ! -f "${HOME}/released" ] && [ $turn -lt 500 ]; do sleep 0.02; turn=$((turn + 1)); done`,
          ]
        : []),
      ...(stderr === "" ? [] : [`printf %s ${quoted(stderr)} >&2`]),
      ...(text === "" ? [] : [`printf %s ${quoted(text)}`]),
      ...(signal === undefined ? [] : [`kill -${signal} $$`]),
      `exit ${exitCode}`,
    ];
    this.#world.write(file, `${lines.join("\n")}\n`);
    if (isDeaf === true) this.#world.write(`${file}.deaf`, "");
  }

  /** An error object with exit code 1. */
  failure(name: string, operation: string, error: JsonObject): void {
    this.answer(name, operation, { stdout: error, exitCode: 1 });
  }

  /** Lets those go on that wait. */
  release(): void {
    this.#world.write(`${HOME}/released`, "");
  }

  /**
   * All calls so far, in the order in which they began; of one operation, or of one plugin. Those of
   * VERSION are left out, unless they are asked for: a runtime may always ask what a plugin supports.
   */
  calls(operation?: string, plugin?: string): Call[] {
    const lines = (this.#world.read(LOG) ?? "").split("\n");
    const ends = endsIn(lines);
    const calls = lines.flatMap((line, began): Call[] => {
      const [word, process = "", name = "", command = "", space, at] = line.split(" ");
      if (word !== "begin") return [];
      const end = ends.get(process);
      const stdin = this.#world.read(`${HOME}/stdin-${process}`) ?? "";
      return [
        {
          ...{ plugin: name, operation: command, stdin, request: objectIn(stdin), began },
          env: environment(this.#world.read(`${HOME}/env-${process}`) ?? ""),
          onHost: space === "host",
          ended: end?.place ?? Number.POSITIVE_INFINITY,
          exitCode: end?.exitCode,
          answer: end && this.#answers[end.answer],
          ms: end === undefined ? 0 : Math.round((end.seconds - Number(at)) * 1000),
        },
      ];
    });
    return calls
      .filter((call) => operation === undefined || call.operation === operation)
      .filter((call) => operation !== undefined || call.operation !== "VERSION")
      .filter((call) => plugin === undefined || call.plugin === plugin);
  }

  /** The calls as a reader of a failure sees them. */
  exchanges(): Exchange[] {
    return this.calls().map(({ plugin, env, stdin, exitCode, answer, ms }) => {
      const parameters = Object.entries(env).filter(([key]) => key.startsWith("CNI_"));
      const { stdout = "", stderr = "" } = answer ?? {};
      return {
        argv: [plugin],
        env: Object.fromEntries(parameters),
        stdin: shown(stdin),
        ...(exitCode === undefined ? { ended: "it has given no exit code" } : { exitCode }),
        stdout: shown(filled(typeof stdout === "string" ? stdout : JSON.stringify(stdout), env)),
        stderr: shown(stderr),
        ms,
      };
    });
  }
}

interface End {
  readonly place: number;
  readonly exitCode: number;
  /** Number of the answer; NaN when none was prepared. */
  readonly answer: number;
  readonly seconds: number;
}

/** The ends of calls, by process. */
function endsIn(lines: readonly string[]): ReadonlyMap<string, End> {
  const ends = new Map<string, End>();
  for (const [place, line] of lines.entries()) {
    const [word, process = "", code, answer, at] = line.split(" ");
    if (word !== "end") continue;
    const end = { place, exitCode: Number(code), answer: Number(answer), seconds: Number(at) };
    ends.set(process, end);
  }
  return ends;
}

/** The text as the shell prints it. */
function filled(text: string, env: Call["env"]): string {
  const { CNI_NETNS: netns = "", CNI_IFNAME: ifName = "" } = env;
  return text.replaceAll("%NETNS%", netns).replaceAll("%IFNAME%", ifName);
}

function shown(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

const SHOWN_MAX = 4096;

/** What a recorder gives for ADD: each name has an address and a MAC of its own. */
export function resultOf(name: string, version: string): JsonObject {
  return inShape(version, {
    interfaces: [{ name: "%IFNAME%", mac: `02:00:00:00:00:${hex(name)}`, sandbox: "%NETNS%" }],
    ips: [{ address: addressOf(name), interface: 0 }],
  });
}

/** The address in that result. */
export function addressOf(name: string): string {
  return `10.247.${Number.parseInt(hex(name), 16)}.2/24`;
}

function hex(name: string): string {
  return (name.codePointAt(name.length - 1) ?? 0).toString(16).padStart(2, "0");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
    .replaceAll("%NETNS%", `'"$CNI_NETNS"'`)
    .replaceAll("%IFNAME%", `'"$CNI_IFNAME"'`);
}

function objectIn(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
  } catch {
    // A check says what it thinks of such a request.
  }
  return {};
}

function environment(text: string): Record<string, string> {
  const entries = text.split("\0").flatMap((line): [string, string][] => {
    const at = line.indexOf("=");
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
  });
  return Object.fromEntries(entries);
}
