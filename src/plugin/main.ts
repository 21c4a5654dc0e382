/** Door (a): a plugin as an executable of its own. */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PluginIo } from "../invoke/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import { MAX_CONFIG_LENGTH, tooLong } from "./config.ts";
import { newestVersion, type Plugin } from "./definition.ts";
import { printFailure } from "./entry.ts";
import { failureOf } from "./errors.ts";

/** What `main` reads of `import.meta`. */
export interface ModuleMeta {
  readonly url: string;
  readonly main?: boolean;
}

/**
 * Serves the one call this process was started for, and ends the process: parameters from the
 * environment, configuration from stdin, one JSON document at most to stdout, exit code 0 or 1.
 * SIGTERM and SIGINT abort the context's signal once; the second one ends the process.
 * What the plugin's code prints with `console.log` goes to stderr, where people's text belongs.
 *
 * @param meta The caller's `import.meta`: when given, nothing happens unless that module is the
 *   program itself, so that a test can import it. (In a bundle on Node every module is the program.)
 */
export async function main(plugin: Plugin, meta?: ModuleMeta): Promise<void> {
  if (meta !== undefined && !isProgram(meta)) {
    return;
  }
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  keepStdoutClean();
  const abort = abortOnSignals();
  let answered = false;
  const finish = async (code: number, text: string): Promise<void> => {
    if (answered) {
      return;
    }
    answered = true;
    process.exitCode = code;
    const failed = text === "" ? undefined : await flushed((done) => write(text, done));
    if (failed) {
      stderr.write(`cannot write the answer to stdout: ${failed.message}\n`);
    }
    await flushed((done) => stderr.write("", done));
    process.exit(failed ? 1 : code);
  };
  const fail = (thrown: unknown): void => {
    const error = failureOf(thrown, abort.signal);
    void finish(1, printFailure(error, newestVersion(plugin)));
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  // With nothing left to wait for the process would end, silently and with success.
  process.once("beforeExit", () => {
    if (!answered) {
      fail(new CniError(ErrorCode.INTERNAL, "the plugin stopped without an answer"));
    }
  });
  let answer = "";
  const io: PluginIo = {
    env: definedVariables(process.env),
    stdin: readStdin,
    stdout: (text) => {
      answer += text;
    },
    stderr: (text) => void stderr.write(text),
    signal: abort.signal,
  };
  const code = await plugin.entry(io);
  await finish(code, answer);
}

function isProgram(meta: ModuleMeta): boolean {
  if (meta.main !== undefined) {
    return meta.main;
  }
  const [, program] = process.argv;
  if (program === undefined) {
    return false;
  }
  try {
    return realpathSync(program) === realpathSync(fileURLToPath(meta.url));
  } catch {
    return false;
  }
}

/** stdout is for the one JSON document; whatever else is printed there goes to stderr. */
function keepStdoutClean(): void {
  for (const method of ["log", "info", "debug", "dir", "table"] as const) {
    console[method] = (...values: unknown[]): void => console.error(...values);
  }
  process.stdout.write = process.stderr.write.bind(process.stderr);
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
    if (value !== undefined) {
      defined[name] = value;
    }
  }
  return defined;
}

async function readStdin(): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_CONFIG_LENGTH) {
      throw tooLong();
    }
    chunks.push(chunk);
  }
  try {
    // The byte order mark is kept: it is not JSON, and delegates get the very bytes that came.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new CniError(
      ErrorCode.DECODING_FAILURE,
      "error unmarshall network config: it is not valid UTF-8",
      { cause },
    );
  }
}

/** Waits until what `write` hands over has left the process; gives the error when it could not. */
async function flushed(
  write: (done: (error?: Error | null) => void) => unknown,
): Promise<Error | undefined> {
  return await new Promise((resolve) => {
    write((error) => resolve(error ?? undefined));
  });
}
