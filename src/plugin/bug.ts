/** What is said of an error that its author did not mean: a bug of the plugin. */
import { errorText, printable } from "../base/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";

const DEPTH_MAX = 8;
/** Characters of a stack that are shown; frames repeat where code calls itself without end. */
const LENGTH_MAX = 8192;

/**
 * The stack of a bug, with those of its causes, as it goes to stderr and into logs. Undefined for what is
 * none: an error with a code of its own, one of the system, and what was thrown since the caller gave up.
 *
 * @example
 * ```ts
 * import { bugStack } from "hawser/plugin";
 * import { CniError } from "hawser/spec";
 *
 * bugStack(new TypeError("oops"))?.split("\n")[0]; // → "TypeError: oops"
 * bugStack(new CniError(11, "busy")); // → undefined
 * ```
 */
export function bugStack(thrown: unknown, signal?: AbortSignal): string | undefined {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    const each = thrown.errors.slice(0, DEPTH_MAX).map((one: unknown) => bugStack(one, signal));
    const bugs = each.filter((stack) => stack !== undefined);
    return bugs.length === 0 ? undefined : bugs.join("\n");
  }
  if (signal?.aborted === true && isOfAbort(thrown, signal)) return undefined;
  if (CniError.from(thrown).code !== ErrorCode.INTERNAL || isMeant(thrown)) return undefined;
  const text = stacks(thrown).join("\n");
  const shown = text.length <= LENGTH_MAX ? text : `${text.slice(0, LENGTH_MAX)}\n    …`;
  return printable(shown);
}

/** The same error, which says that it is a bug, of which plugin, and where. */
export function withPlace(error: CniError, thrown: unknown, plugin: string): CniError {
  const place = placeOf(stackOf(thrown));
  const where = place === undefined ? "" : `, at ${place}`;
  const details = `a bug of the plugin ${plugin}${where}; its stack is on stderr`;
  return new CniError(error.code, error.msg, { details, cause: thrown });
}

/** Frames of the engine itself, in the words of Node and of Bun; a directory may be called "native". */
const OF_ENGINE = /(?:^|[ (])(?:node:|native(?=[:)]|$)|\[native code\])|\(<anonymous>\)$/u;

/** Where it was thrown: the first frame outside of what the engine itself is made of. */
function placeOf(stack: string): string | undefined {
  const frames = [...stack.matchAll(/^\s+at (.+)$/gmu)].map(([, frame = ""]) => frame);
  return frames.find((frame) => !OF_ENGINE.test(frame)) ?? frames[0];
}

/** An error with a code of its own among the causes, or one of the system, as behind a failed fetch. */
function isMeant(thrown: unknown): boolean {
  let link: unknown = thrown;
  for (let depth = 0; depth < DEPTH_MAX && link instanceof Error; depth++) {
    if (link instanceof CniError || CniError.from(link).code !== ErrorCode.INTERNAL) return true;
    link = link.cause;
  }
  return false;
}

function isOfAbort(thrown: unknown, signal: AbortSignal): boolean {
  return thrown === signal.reason || (thrown instanceof Error && thrown.name === "AbortError");
}

function stacks(thrown: unknown): string[] {
  const found: string[] = [];
  let link: unknown = thrown;
  for (let depth = 0; depth < DEPTH_MAX && (depth === 0 || link !== undefined); depth++) {
    found.push(depth === 0 ? stackOf(link) : `caused by ${stackOf(link)}`);
    link = link instanceof Error ? link.cause : undefined;
  }
  return found;
}

/** The stack as V8 writes it: engines differ in whether the message stands before the frames. */
function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    return `${errorText(thrown)} (thrown, and no Error: without a stack)`;
  }
  const { name, message } = thrown;
  // Anything may have been assigned to it.
  const stack: unknown = thrown.stack;
  const lines = typeof stack === "string" ? stack.split("\n") : [];
  const frames = lines.filter((line) => /^\s+at /u.test(line));
  return [message === "" ? name : `${name}: ${message}`, ...frames].join("\n");
}
