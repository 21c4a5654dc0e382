import type { Places } from "../sources/index.ts";
import { type Change, Changes } from "./changes.ts";
import { NodeWatch } from "./node-watch.ts";

/** A state that may pass is looked at so much later. */
const PENDING_MS = 250;

/** Changes of this node's attachments as they come, until the signal is aborted. */
export async function* watchNode(
  places: Places,
  signal: AbortSignal,
): AsyncGenerator<Change, void> {
  let wake: () => void = () => undefined;
  let found: Change[] = [];
  using watch = new NodeWatch(places, ({ attachments }) => {
    found.push(...changes.next(attachments, Date.now()));
    if (changes.isPending) watch.again(PENDING_MS);
    wake();
  });
  const changes = new Changes(watch.view.attachments);
  const end = (): void => wake();
  signal.addEventListener("abort", end);
  try {
    while (!signal.aborted) {
      const next = found;
      found = [];
      yield* next;
      if (found.length > 0 || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal.removeEventListener("abort", end);
  }
}
