import { existsSync, fstatSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  DEFAULT_PLUGIN_DIR,
  DISTRIBUTION_PLUGIN_DIRS,
  errnoName,
  errorText,
  PACKAGE_DIR,
} from "../base/index.ts";
import type { PartialEnvironment } from "../spec/index.ts";
import { type CliIo, ExitCode, type Output } from "./io.ts";
import { sendSpans } from "./observed.ts";

/** How this program was started. */
export interface Start {
  /** The name it was called by. */
  readonly name: string;
  readonly program: string;
  readonly compiled: boolean;
  readonly env: PartialEnvironment;
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const PAUSE_MS = 5;

/** Runs the command line on the streams, environment and signals of this process, and ends it. */
export async function runProcess(start: Start): Promise<void> {
  keepStdoutClean();
  const stdout = await outputOf(STDOUT, start.env);
  const stderr = await outputOf(STDERR, start.env);
  // cnitool has no other exit codes than 0 and 1.
  const unwritten = start.name === "cnitool" ? ExitCode.FAILED : ExitCode.UNWRITTEN;
  const end = (code: number): never => process.exit(exitCodeOf(code, unwritten, stdout, stderr));
  const io: CliIo = {
    words: process.argv.slice(2),
    env: { ...start.env },
    cwd: process.cwd(),
    stdout,
    stderr,
    signal: interruption(),
    program: start.program,
    isRoot: process.geteuid?.() === 0,
    // The bundler puts all modules side by side.
    threadUrl: new URL(start.compiled ? "./worker.js" : "./worker.ts", import.meta.url).href,
    ...ownPluginDirs(start),
    ...((await columnsOf(STDIN)) === undefined ? {} : { ask: asking(stderr) }),
  };
  if (start.name === "cnitool") {
    const { runCnitool } = await import("./cnitool/index.ts");
    const code = await runCnitool(io);
    await sendSpans();
    end(code);
  }
  if (start.name === "dhcp") {
    const { runDhcp } = await import("./command/dhcp.ts");
    end(await runDhcp(io, io.words.slice(1)));
  }
  const { runHawser } = await import("./hawser.ts");
  const code = await runHawser(io);
  await sendSpans();
  end(code);
}

/** Questions go where an answer for programs does not. */
function asking(stderr: Output): (question: string) => Promise<string> {
  return async (question) => {
    stderr.write(question);
    for await (const line of console) return line;
    return "";
  };
}

/**
 * dist/hawser has its plugins in dist/cni; installed in a plugin directory it stands beside them. Where a
 * package has put it, those of others lie in the directories of distributions.
 */
function ownPluginDirs({ compiled, program }: Start): { ownPluginDirs?: readonly string[] } {
  if (!compiled) return {};
  const dir = dirname(program);
  const own = [join(dir, "cni"), dir].find((each) => existsSync(join(each, "bridge")));
  if (own === undefined) return {};
  const others = dir === PACKAGE_DIR ? [...DISTRIBUTION_PLUGIN_DIRS, DEFAULT_PLUGIN_DIR] : [];
  return { ownPluginDirs: [own, ...others] };
}

/** An output of the process, and why it could not take all that was written. */
interface Stream extends Output {
  readonly failure: () => Error | undefined;
}

/**
 * Writes at once, so that nothing is lost when the process ends. A write never throws: what is printed
 * must not decide what is done, and a full disk would fail an ADD, its rollback and the DEL.
 */
async function outputOf(fd: number, env: Start["env"]): Promise<Stream> {
  const columns = await columnsOf(fd);
  const isTTY = columns !== undefined;
  const { NO_COLOR = "", FORCE_COLOR = "", TERM } = env;
  const color = NO_COLOR === "" && (isTTY ? TERM !== "dumb" : FORCE_COLOR !== "");
  let failure: Error | undefined;
  let closed = false;
  const write = (text: string): void => {
    if (failure !== undefined || closed) return;
    failure = writeAll(fd, text);
    // A reader that has ended, as `| head` does, is no failure.
    closed = failure !== undefined && errnoName(failure) === "EPIPE";
    if (closed) failure = undefined;
  };
  const width = columns !== undefined && columns > 0 ? { columns } : {};
  return { write, failure: () => failure, isClosed: () => closed, isTTY, color, ...width };
}

/**
 * The width of the terminal that a descriptor leads to, 0 where it tells none; undefined for what is
 * none. The process's own stream would tell, too, and making it takes a third of a start.
 */
async function columnsOf(fd: number): Promise<number | undefined> {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return undefined;
  } catch {
    return undefined; // it is closed
  }
  const { terminalColumns } = await import("../kernel/sys/index.ts");
  return terminalColumns(fd);
}

/** Gives the error of a write that failed. */
function writeAll(fd: number, text: string): Error | undefined {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      const code = errnoName(error);
      if (code !== "EAGAIN") return error instanceof Error ? error : new Error(errorText(error));
      Bun.sleepSync(PAUSE_MS);
    }
  }
  return undefined;
}

/** What was done is done, though the answer is lost: that has an exit code of its own. */
function exitCodeOf(code: number, unwritten: number, stdout: Stream, stderr: Stream): number {
  const failure = stdout.failure();
  if (failure === undefined) return code;
  stderr.write(`error: the answer could not be written to stdout: ${failure.message}\n`);
  if (code !== ExitCode.DONE) return code;
  stderr.write("       what was asked for is done all the same\n");
  return unwritten;
}

/**
 * A plugin in this process that prints by itself must not end up in the answer. Neither stream is made
 * before something is printed: libraries that look for a terminal when they are loaded are answered without.
 */
function keepStdoutClean(): void {
  const get = (known: object, key: string | symbol): unknown => {
    if (Object.hasOwn(known, key)) return Reflect.get(known, key);
    const value: unknown = Reflect.get(process.stderr, key);
    return typeof value === "function" ? value.bind(process.stderr) : value;
  };
  // On Bun an assignment leaves the real stream unmade.
  Reflect.set(process, "stdout", new Proxy({ isTTY: false }, { get }));
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
