import { CommanderError } from "commander";
import { createColors } from "picocolors";
import { defined, errnoName } from "../base/index.ts";
import { PluginFailure } from "../invoke/index.ts";
import { AbortError, CacheWriteError, ChainError, ManyErrors } from "../runtime/index.ts";
import { CniError, ErrorCode, type JsonObject } from "../spec/index.ts";
import { advice } from "./advice.ts";
import { type CliIo, ExitCode, interruptedCode } from "./io.ts";
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

/** What the command line knows about an error beside what the thrower does. */
export interface Explanation {
  readonly advice?: string | undefined;
  /** Where in a file the fault is. */
  readonly place?: string | undefined;
}

/** An error of an operation with an explanation. */
export class ExplainedError extends Error {
  override name = "ExplainedError";
  readonly explanation: Explanation;

  constructor(thrown: unknown, explanation: Explanation) {
    super(CniError.from(thrown).message, { cause: thrown });
    this.explanation = explanation;
  }
}

/** The error itself, and all explanations of it. */
function unwrapped(thrown: unknown): { thrown: unknown; explanation: Explanation } {
  if (!(thrown instanceof ExplainedError)) return { thrown, explanation: {} };
  const inner = unwrapped(thrown.cause);
  const { advice, place } = thrown.explanation;
  const explanation = { ...inner.explanation, ...defined({ advice, place }) };
  return { thrown: inner.thrown, explanation };
}

/** Tells an error once, to people or to programs, and gives the exit code. */
export function tellFailure(io: CliIo, given: unknown, json: boolean): number {
  const { thrown, explanation } = unwrapped(given);
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : ExitCode.USAGE;
  const colors = createColors(io.stderr.color);
  if (thrown instanceof UsageError) {
    if (!json) io.stderr.write(`${colors.red("error:")} ${thrown.message}\n`);
    return ExitCode.USAGE;
  }
  const error = thrown instanceof ConfigError ? thrown.error : CniError.from(thrown);
  if (!json) {
    io.stderr.write(
      isRefusal(io, thrown)
        ? `${colors.red("error:")} this needs root: ${firstLine(error)}\n`
        : failureText(error, io.stderr.color, explanation),
    );
  }
  return exitCodeOf(thrown, error, io.signal);
}

/** Answers a program that has called the command line wrongly, in the form of all other errors. */
export function usageJson(message: string): JsonObject {
  const msg = message.trim().replace(/^error: /u, "");
  return { code: ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg, usage: true };
}

/** Whether the system has refused something to a caller that is not root. */
function isRefusal({ isRoot = true }: CliIo, thrown: unknown): boolean {
  if (isRoot) return false;
  let link: unknown = thrown;
  for (let depth = 0; depth < 32 && link instanceof Error; depth++) {
    if (REFUSALS.has(errnoName(link)) || REFUSED.test(link.message)) return true;
    link = link.cause;
  }
  return false;
}

/** Plugins are other processes mostly, so their errors are texts. */
const REFUSED = /EACCES|EPERM|permission denied|operation not permitted/iu;
const REFUSALS: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);

function firstLine({ msg }: CniError): string {
  return msg.split("\n", 1)[0] ?? "";
}

function exitCodeOf(thrown: unknown, error: CniError, signal: AbortSignal): number {
  if (signal.aborted) return interruptedCode(signal);
  if (thrown instanceof ConfigError) return ExitCode.CONFIG;
  return error.code === ErrorCode.TRY_AGAIN_LATER ? ExitCode.LATER : ExitCode.FAILED;
}

/** Code, what failed, how the plugin ended, and what to do; what is left was a warning before. */
export function failureText(
  error: CniError,
  color: boolean,
  { advice: known, place }: Explanation = {},
): string {
  const colors = createColors(color);
  const [first = "", ...others] = (error instanceof ManyErrors ? error.message : error.msg).split(
    "\n",
  );
  const lines = [`${colors.red("error:")} ${first} ${colors.dim(`(code ${error.code})`)}`];
  lines.push(...others.map((line) => `       ${line}`));
  if (error.details !== undefined) lines.push(`       ${error.details}`);
  if (place !== undefined) lines.push(`       ${place}`);
  lines.push(...endOf(error).map((line) => `       ${line}`));
  const todo = known ?? advice(error);
  if (todo !== undefined) lines.push(`${colors.cyan("to do:")} ${todo}`);
  return `${lines.join("\n")}\n`;
}

function leftBehind(error: CniError): readonly CniError[] {
  if (
    error instanceof ChainError ||
    error instanceof CacheWriteError ||
    error instanceof AbortError
  ) {
    return error.cleanupErrors;
  }
  return [];
}

/** How the plugin's process ended, where that tells more than the message. */
function endOf(error: CniError): string[] {
  const failure =
    error instanceof ChainError || error instanceof AbortError ? error.failure : error;
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
export function failureJson(given: unknown, io?: CliIo): JsonObject {
  const { thrown, explanation } = unwrapped(given);
  if (thrown instanceof UsageError) return usageJson(thrown.message);
  const error = thrown instanceof ConfigError ? thrown.error : CniError.from(thrown);
  const todo =
    io !== undefined && isRefusal(io, thrown)
      ? "run it as root"
      : (explanation.advice ?? advice(error));
  const left = leftBehind(error).map((each) => each.toJson());
  return {
    ...error.toJson(),
    ...defined({ place: explanation.place, todo }),
    ...(left.length === 0 ? {} : { leftBehind: left }),
  };
}
