import { CommanderError } from "commander";
import { createColors } from "picocolors";
import { defined } from "../base/index.ts";
import { PluginFailure } from "../invoke/index.ts";
import { CacheWriteError, ChainError, ManyErrors } from "../runtime/index.ts";
import { CniError, ErrorCode, printJson } from "../spec/index.ts";
import { advice } from "./advice.ts";
import { type CliIo, ExitCode } from "./io.ts";
import { UsageError } from "./request.ts";

const TAIL_LINES = 5;

/** An error of the network's configuration, before any plugin ran. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly error: CniError;

  constructor(error: CniError) {
    super(error.message, { cause: error });
    this.error = error;
  }
}

/** Tells an error once, to people or to programs, and gives the exit code. */
export function tellFailure(io: CliIo, thrown: unknown, json: boolean): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : ExitCode.USAGE;
  const colors = createColors(io.stderr.color);
  if (thrown instanceof UsageError) {
    if (json) io.stdout.write(`${printJson({ error: { msg: thrown.message } }, 2)}\n`);
    else io.stderr.write(`${colors.red("error:")} ${thrown.message}\n`);
    return ExitCode.USAGE;
  }
  const error = thrown instanceof ConfigError ? thrown.error : CniError.from(thrown);
  if (!json) io.stderr.write(failureText(error, io.stderr.color));
  return exitCodeOf(thrown, error, io.signal);
}

function exitCodeOf(thrown: unknown, error: CniError, signal: AbortSignal): number {
  if (signal.aborted) {
    return signal.reason === "SIGTERM" ? ExitCode.TERMINATED : ExitCode.INTERRUPTED;
  }
  if (thrown instanceof ConfigError) return ExitCode.CONFIG;
  return error.code === ErrorCode.TRY_AGAIN_LATER ? ExitCode.LATER : ExitCode.FAILED;
}

/** Code, what failed, how the plugin ended, and what to do; what is left was a warning before. */
export function failureText(error: CniError, color: boolean): string {
  const colors = createColors(color);
  const [first = "", ...others] = (error instanceof ManyErrors ? error.message : error.msg).split(
    "\n",
  );
  const lines = [`${colors.red("error:")} ${first} ${colors.dim(`(code ${error.code})`)}`];
  lines.push(...others.map((line) => `       ${line}`));
  if (error.details !== undefined) lines.push(`       ${error.details}`);
  lines.push(...endOf(error).map((line) => `       ${line}`));
  const todo = advice(error);
  if (todo !== undefined) lines.push(`${colors.cyan("to do:")} ${todo}`);
  return `${lines.join("\n")}\n`;
}

function leftBehind(error: CniError): readonly CniError[] {
  if (error instanceof ChainError || error instanceof CacheWriteError) return error.cleanupErrors;
  return [];
}

/** How the plugin's process ended, where that tells more than the message. */
function endOf(error: CniError): string[] {
  const failure = error instanceof ChainError ? error.failure : error;
  if (!(failure instanceof PluginFailure)) return [];
  const { path, signal, exitCode, stderrTail } = failure;
  const how = signal === null ? `exit code ${exitCode ?? "unknown"}` : `ended by ${signal}`;
  const lines = exitCode === 1 ? [path] : [`${path}: ${how}`];
  const said = stderrTail.trim();
  if (said === "") return lines;
  return [
    ...lines,
    ...said
      .split("\n")
      .slice(-TAIL_LINES)
      .map((line) => `it said: ${line}`),
  ];
}

/** The same for programs. */
export function failureJson(thrown: unknown): ReturnType<CniError["toJson"]> {
  const error = thrown instanceof ConfigError ? thrown.error : CniError.from(thrown);
  const todo = advice(error);
  const left = leftBehind(error).map((each) => each.toJson());
  return {
    ...error.toJson(),
    ...defined({ todo }),
    ...(left.length === 0 ? {} : { leftBehind: left }),
  };
}
