import { existsSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PartialEnvironment } from "../spec/index.ts";
import type { CliIo, Output } from "./io.ts";

/** How this program was started. */
export interface Start {
  /** The name it was called by. */
  readonly name: string;
  readonly program: string;
  readonly compiled: boolean;
  readonly env: PartialEnvironment;
}

const STDOUT = 1;
const STDERR = 2;
const PAUSE_MS = 5;

/** Runs the command line on the streams, environment and signals of this process, and ends it. */
export async function runProcess(start: Start): Promise<void> {
  const stdout = outputOf(STDOUT, start.env);
  const stderr = outputOf(STDERR, start.env);
  keepStdoutClean();
  const io: CliIo = {
    words: process.argv.slice(2),
    env: { ...start.env },
    cwd: process.cwd(),
    stdout,
    stderr,
    signal: interruption(),
    program: start.program,
    // The bundler puts all modules side by side.
    threadUrl: new URL(start.compiled ? "./worker.js" : "./worker.ts", import.meta.url).href,
    ...ownPluginDir(start),
  };
  if (start.name === "cnitool") {
    const { runCnitool } = await import("./cnitool/index.ts");
    process.exit(await runCnitool(io));
  }
  if (start.name === "dhcp") {
    const { runDhcp } = await import("./command/dhcp.ts");
    process.exit(await runDhcp(io, io.words.slice(1)));
  }
  const { runHawser } = await import("./hawser.ts");
  process.exit(await runHawser(io));
}

/** dist/hawser has its plugins in dist/cni; installed in a plugin directory it stands beside them. */
function ownPluginDir({ compiled, program }: Start): { ownPluginDir?: string } {
  const dir = join(dirname(program), "cni");
  return compiled && existsSync(join(dir, "bridge")) ? { ownPluginDir: dir } : {};
}

/** Writes at once, so that nothing is lost when the process ends. */
function outputOf(fd: number, env: Start["env"]): Output {
  const stream = fd === STDOUT ? process.stdout : process.stderr;
  const isTTY = stream.isTTY === true;
  const { NO_COLOR = "", FORCE_COLOR = "", TERM } = env;
  const color = NO_COLOR === "" && (isTTY ? TERM !== "dumb" : FORCE_COLOR !== "");
  return { write: (text) => writeAll(fd, text), isTTY, color };
}

function writeAll(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EPIPE") return; // the reader has ended, as `| head` does
      if (code !== "EAGAIN") throw error;
      Bun.sleepSync(PAUSE_MS);
    }
  }
}

/** A plugin in this process that prints by itself must not end up in the answer. */
function keepStdoutClean(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr);
  for (const method of ["log", "info", "debug", "dir", "table"] as const) {
    console[method] = (...values: unknown[]): void => console.error(...values);
  }
}

/** The first signal asks the operation to end, the second one ends the process. */
function interruption(): AbortSignal {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => abort.abort(name));
  return abort.signal;
}
