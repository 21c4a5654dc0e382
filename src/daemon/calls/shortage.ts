import { errorText } from "../../base/index.ts";
import { LongListError } from "../../kernel/netlink/index.ts";

/** What the kernel says when a process, or the machine, has all the descriptors that it may have. */
const SHORT: ReadonlySet<unknown> = new Set(["EMFILE", "ENFILE"]);
/** As deep as errors are looked into. */
const DEPTH = 8;

/**
 * Why a call failed for a reason that lies in this process alone, which serves many: it has no
 * descriptor left, or would have had to read too much in one go. A process of the call's own has no
 * such reason. Undefined where the reason is another one.
 */
export function shortageIn(thrown: unknown, depth = 0): string | undefined {
  if (!(thrown instanceof Error) || depth > DEPTH) return undefined;
  if (thrown instanceof LongListError) return thrown.message;
  if ("code" in thrown && SHORT.has(thrown.code)) return errorText(thrown);
  const inner: unknown[] = [thrown.cause];
  if (thrown instanceof AggregateError) inner.push(...(thrown.errors as unknown[]));
  if (thrown instanceof SuppressedError) inner.push(thrown.error, thrown.suppressed);
  for (const each of inner) {
    const found = shortageIn(each, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
