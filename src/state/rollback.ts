import { errorText } from "../base/index.ts";
import { CniError } from "../spec/index.ts";

/**
 * The error of an operation that failed and whose rollback may have failed, too: the first error,
 * with what could not be taken back in its details. No error is lost.
 */
export function afterRollback(thrown: unknown): unknown {
  const [first, ...leftovers] = flatten(thrown);
  if (leftovers.length === 0) return first;
  return withDetails(first, `could not be taken back: ${leftovers.map(errorText).join("; ")}`);
}

/** Runs everything, past failures; at the end throws the first with the others in its details. */
export async function runAll(works: Iterable<() => unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0 && first instanceof Error) throw first;
  throw withDetails(first, others.map(errorText).join("; "));
}

/** A stack that failed while another error was on its way gives both, the newest outside. */
function flatten(thrown: unknown): unknown[] {
  if (!(thrown instanceof SuppressedError)) return [thrown];
  return [...flatten(thrown.suppressed), ...flatten(thrown.error)];
}

function withDetails(error: unknown, more: string): CniError {
  const { code, msg, details } = CniError.from(error);
  const all = [details, more].filter((part) => part !== undefined && part !== "").join("; ");
  return new CniError(code, msg, { ...(all === "" ? {} : { details: all }), cause: error });
}
