/** Plugins for tests that write down how they were called and answer as a file says. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One call of a recording plugin. */
export interface RecordedCall {
  readonly type: string;
  readonly command: string;
  /** The environment the process was started with. */
  readonly env: Record<string, string>;
  /** The bytes on its standard input. */
  readonly stdin: string;
  readonly request: Record<string, unknown>;
}

const VERSIONS =
  '{"cniVersion":"1.1.0","supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}';

/** The plugin: notes its call in a directory of its own, then does what a file beside it says. */
const SCRIPT = `#!/bin/sh
here=\${0%/*}
type=\${0##*/}
number=$(ls "$here/.calls" | wc -l)
call=$here/.calls/$(printf %05d "$number")-$$
mkdir "$call"
cat /proc/$$/environ > "$call/env"
cat > "$call/stdin"
printf '%s' "$type" > "$call/type"
behaviour=$here/.behaviour/$type.$CNI_COMMAND
if [ -e "$behaviour" ]; then . "$behaviour"; exit 0; fi
case $CNI_COMMAND in
  ADD) printf '{}' ;;
  VERSION) printf '%s' '${VERSIONS}' ;;
esac
`;

/** A directory of recording plugins, and one for caches and configurations beside it. */
export class Recorder {
  readonly root: string;
  readonly bin: string;
  readonly cacheDir: string;

  constructor(...types: readonly string[]) {
    this.root = mkdtempSync(join(tmpdir(), "hawser-test-"));
    this.bin = join(this.root, "bin");
    this.cacheDir = join(this.root, "cache");
    mkdirSync(join(this.bin, ".calls"), { recursive: true });
    mkdirSync(join(this.bin, ".behaviour"));
    for (const type of types) this.install(type);
  }

  /** Puts a plugin into the directory: the recording one, or another script. */
  install(type: string, script: string = SCRIPT): string {
    const path = join(this.bin, type);
    writeFileSync(path, script);
    chmodSync(path, 0o755);
    return path;
  }

  /** Copies an executable into the directory. */
  copy(type: string, source: string): string {
    const path = join(this.bin, type);
    copyFileSync(source, path);
    chmodSync(path, 0o755);
    return path;
  }

  /**
   * What a plugin does on an operation, in shell, after it has noted its call in `$call`; without
   * lines the default again.
   */
  behave(type: string, command: string, ...lines: readonly string[]): void {
    const path = join(this.bin, ".behaviour", `${type}.${command}`);
    if (lines.length === 0) {
      rmSync(path, { force: true });
    } else {
      writeFileSync(path, `${lines.join("\n")}\n`);
    }
  }

  /** Makes a plugin fail on an operation with an error object. */
  fail(type: string, command: string, msg: string, code = 100): void {
    const error = JSON.stringify({ cniVersion: "1.1.0", code, msg });
    this.behave(type, command, `printf '%s' '${error}'`, "exit 1");
  }

  /** All calls so far, in order. */
  calls(): RecordedCall[] {
    const dir = join(this.bin, ".calls");
    return readdirSync(dir)
      .sort()
      .filter((name) => existsSync(join(dir, name, "type")))
      .map((name) => readCall(join(dir, name)));
  }

  /** All calls so far, as "TYPE COMMAND". */
  sequence(): string[] {
    return this.calls().map(({ type, command }) => `${type} ${command}`);
  }

  /** Forgets the calls so far. */
  forget(): void {
    rmSync(join(this.bin, ".calls"), { recursive: true });
    mkdirSync(join(this.bin, ".calls"));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function readCall(dir: string): RecordedCall {
  const read = (name: string): string => readFileSync(join(dir, name), "utf8");
  const variables = read("env")
    .split("\0")
    .filter((line) => line !== "");
  const env = Object.fromEntries(
    variables.map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const stdin = read("stdin");
  const request = stdin === "" ? {} : (JSON.parse(stdin) as Record<string, unknown>);
  return { type: read("type"), command: env["CNI_COMMAND"] ?? "", env, stdin, request };
}
