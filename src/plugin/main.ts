/** Door (a): a plugin as an executable of its own. */
import { realpathSync } from "node:fs";
import { errorText } from "../base/index.ts";
import type { Executor, PluginIo } from "../invoke/index.ts";
import { CniError, ErrorCode, LATEST } from "../spec/index.ts";
import { newestVersion } from "./definition.ts";
import { printFailure } from "./entry.ts";
import { failureOf } from "./errors.ts";
import { calledAs } from "./many.ts";
import type { Plugin } from "./plugin.ts";
import { readStdin, writeAnswer } from "./streams.ts";

/** What `main` reads of `import.meta`. */
export interface ModuleMeta {
  /** Absent in a CommonJS bundle, whose `import.meta` is empty. */
  readonly url?: string;
  readonly main?: boolean;
}

/** What a program that is more than one plugin tells `main`. */
export interface MainOptions {
  /** Runs the plugins that this one delegates to; default: as processes. */
  readonly executor?: Executor;
  /** Called when the answer is written, for work that it need not wait for; the process then ends. */
  readonly afterAnswer?: () => Promise<void>;
}

/**
 * Serves the one call this process was started for, and ends the process: parameters from the
 * environment, configuration from stdin, one JSON document at most to stdout, exit code 0 or 1.
 * SIGTERM and SIGINT abort the context's signal once; the second one ends the process.
 * What the plugin's code prints with `console.log` goes to stderr, where people's text belongs.
 *
 * @param plugins The plugin, or several in one program: which one is meant says the name that the program
 *   is called by (a link, for instance), or its first argument.
 * @param meta The caller's `import.meta`: when given, nothing happens unless that module is the
 *   program itself, so that a test can import it. (In a bundle on Node every module is the program.)
 *   In a CommonJS bundle it is empty, which is an error: leave it out there.
 *
 * @example
 * ```ts
 * import { definePlugin, main } from "hawser/plugin";
 *
 * const plugin = definePlugin({ name: "noop", add: () => ({}), del: () => {} });
 * await main(plugin, { url: import.meta.url, main: false }); // → undefined
 * ```
 */
export async function main(
  plugins: Plugin | readonly Plugin[],
  meta?: ModuleMeta,
  options: MainOptions = {},
): Promise<void> {
  const isBare = meta !== undefined && meta.url === undefined && meta.main === undefined;
  if (meta !== undefined && !isBare && !isProgram(meta)) return;
  keepStdoutClean();
  const abort = abortOnSignals();
  let answered = false;
  let logged = false;
  const log = (text: string): void => {
    logged = true;
    process.stderr.write(text);
  };
  const finish = async (code: number, text: string): Promise<void> => {
    if (answered) return;
    answered = true;
    process.exitCode = code;
    const failed = text === "" ? undefined : await writeAnswer(text);
    if (failed) log(`cannot write the answer to stdout: ${failed.message}\n`);
    await options.afterAnswer?.().catch((error: unknown) => log(`${errorText(error)}\n`));
    if (logged) await flushed((done) => process.stderr.write("", done));
    process.exit(failed ? 1 : code);
  };
  let plugin: Plugin | undefined;
  const failure = (thrown: unknown): string => {
    const { signal } = abort;
    const error = failureOf(thrown, plugin?.name ?? "", { signal, stderr: log });
    return printFailure(error, plugin === undefined ? LATEST : newestVersion(plugin));
  };
  const fail = (thrown: unknown): void => void finish(1, failure(thrown));
  try {
    if (isBare) throw bareMeta();
    plugin = calledAs(plugins, process);
  } catch (error) {
    fail(error);
    return;
  }
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  // With nothing left to wait for the process would end, silently and with success.
  process.once("beforeExit", () => {
    if (!answered) fail(new CniError(ErrorCode.INTERNAL, "the plugin stopped without an answer"));
  });
  // A library that ends the process would make a success of it, also of a DEL that is half done.
  process.once("exit", (code) => {
    if (answered) return;
    answered = true;
    process.exitCode = 1;
    void writeAnswer(failure(endedBy(code)));
  });
  let answer = "";
  const io: PluginIo = {
    env: definedVariables(process.env),
    stdin: readStdin,
    stdout: (text) => {
      answer += text;
    },
    stderr: log,
    signal: abort.signal,
    ...(options.executor && { executor: options.executor }),
  };
  const code = await plugin.entry(io);
  await finish(code, answer);
}

/** The bug of code that ends the process; its stack begins where it did so. */
function endedBy(exitCode: number): Error {
  const error = new Error(`the process was ended with exit code ${exitCode} before the answer`);
  Error.captureStackTrace(error, process.exit);
  return error;
}

/** A program that did nothing and succeeded would leave containers without a network. */
function bareMeta(): CniError {
  const msg = "import.meta is empty: the plugin was bundled as CommonJS";
  const details = "bundle it with --format=esm, or call main(plugin) without import.meta";
  return new CniError(ErrorCode.INTERNAL, msg, { details });
}

function isProgram(meta: ModuleMeta): boolean {
  if (meta.main !== undefined) return meta.main;
  const [, program] = process.argv;
  if (program === undefined) return false;
  try {
    return realpathSync(program) === realpathSync(new URL(meta.url ?? ""));
  } catch {
    return false;
  }
}

/** stdout is for the one JSON document; whatever else is printed there goes to stderr. */
function keepStdoutClean(): void {
  for (const method of ["log", "info", "debug", "dir", "table"] as const) {
    console[method] = (...values: unknown[]): void => console.error(...values);
  }
  // Replaced without being touched: making the real stream costs a process milliseconds, and makes
  // the caller's pipe non-blocking. On Bun an assignment leaves it unmade, defining alone does not.
  Reflect.set(process, "stdout", undefined);
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr });
}

function abortOnSignals(): AbortController {
  const abort = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => abort.abort(new Error(`interrupted by ${name}`)));
  }
  return abort;
}

function definedVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) defined[name] = value;
  }
  return defined;
}

/** Waits until what `write` hands over has left the process; gives the error when it could not. */
async function flushed(
  write: (done: (error?: Error | null) => void) => unknown,
): Promise<Error | undefined> {
  return await new Promise((resolve) => {
    write((error) => resolve(error ?? undefined));
  });
}
