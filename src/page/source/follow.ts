import type { ChangeForm } from "../../forms/index.ts";
import { afterFailure, type Backoff, NO_FAILURES } from "./backoff.ts";
import { EventStreamReader, type StreamEvent } from "./event-stream.ts";
import { failureOf } from "./failure.ts";
import type { Follower } from "./source.ts";

export interface Following {
  /**
   * Opens the stream behind a revision, or from now on where there is none.
   * @throws SourceFailure when it cannot be opened
   */
  readonly open: (
    from: string | undefined,
    signal: AbortSignal,
  ) => Promise<ReadableStream<Uint8Array>>;
  /** Waits; returns early when the signal says stop. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Follows changes over streams that break: each goes on where the one before it has ended. */
export async function followChanges(
  from: string | undefined,
  follower: Follower,
  signal: AbortSignal,
  { open, wait }: Following,
): Promise<void> {
  let last = from;
  let backoff: Backoff = NO_FAILURES;
  while (!signal.aborted) {
    try {
      const stream = await open(last, signal);
      follower.live(last === undefined);
      for await (const event of eventsOf(stream, signal)) {
        backoff = NO_FAILURES;
        const change = changeOf(event);
        if (change === undefined) continue;
        last = event.id || change.revision;
        follower.change(change);
      }
    } catch (thrown) {
      if (failureOf(thrown).kind === "forbidden") {
        follower.forbidden();
        return;
      }
    }
    if (signal.aborted) return;
    backoff = afterFailure(backoff);
    follower.lost(backoff);
    await wait(backoff.waitMs, signal);
  }
}

async function* eventsOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const reader = stream.getReader();
  const text = new TextDecoder();
  const events = new EventStreamReader();
  try {
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* events.push(text.decode(value, { stream: true }));
    }
  } finally {
    // The stream may have failed already: there is nothing more to say of it.
    await reader.cancel().catch(() => undefined);
  }
}

/** What is no change of ours is passed over: a newer server may send more. */
function changeOf({ data }: StreamEvent): ChangeForm | undefined {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
  const isKnown = value.kind === "attachment" || value.kind === "node" || value.kind === "reset";
  return isKnown ? (value as ChangeForm) : undefined;
}
