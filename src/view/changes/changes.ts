import { attachmentKey } from "../../spec/index.ts";
import type { AttachmentState, NodeAttachment } from "../attachments/index.ts";

/** What has become of an attachment: it has come, it has gone, or its sources agree otherwise than before. */
export type ChangeEvent = "attached" | "detached" | Exclude<AttachmentState, "unfinished">;

/** A change of this node. */
export interface Change {
  readonly event: ChangeEvent;
  /** As it is now; of one that has gone, as it was. */
  readonly attachment: NodeAttachment;
}

interface Known {
  readonly attachment: NodeAttachment;
  /** The state that was reported last. */
  readonly state: AttachmentState;
  /** A state that may pass, and since when it lasts. */
  readonly pending?: { readonly state: AttachmentState; readonly sinceMs: number };
}

/** An ADD and a DEL pass through states that are none: what lasts that long is one. */
const SETTLED_MS = 1000;

/** Compares what is on this node with what was there at the look before. */
export class Changes {
  #known = new Map<string, Known>();

  /** @param first what is there already, which is no change */
  constructor(first: readonly NodeAttachment[]) {
    for (const attachment of first) {
      if (attachment.state === "unfinished") continue;
      this.#known.set(attachmentKey(attachment), { attachment, state: attachment.state });
    }
  }

  /** Whether a state has to last a little longer before it is a change. */
  get isPending(): boolean {
    return [...this.#known.values()].some(({ pending }) => pending !== undefined);
  }

  /** What has changed, by a new look at this time in milliseconds. */
  next(now: readonly NodeAttachment[], timeMs: number): Change[] {
    const changes: Change[] = [];
    const known = new Map<string, Known>();
    for (const attachment of now) {
      const key = attachmentKey(attachment);
      const before = this.#known.get(key);
      if (attachment.state === "unfinished") {
        if (before !== undefined) known.set(key, before);
        continue;
      }
      const { change, after } = compared(before, attachment, timeMs);
      known.set(key, after);
      if (change !== undefined) changes.push(change);
    }
    for (const [key, { attachment, state }] of this.#known) {
      const wasReported = state !== "unfinished";
      if (!known.has(key) && wasReported) changes.push({ event: "detached", attachment });
    }
    this.#known = known;
    return changes;
  }
}

function compared(
  before: Known | undefined,
  attachment: NodeAttachment,
  timeMs: number,
): { change?: Change; after: Known } {
  const { state } = attachment;
  if (before === undefined && state === "ok") {
    return { change: { event: "attached", attachment }, after: { attachment, state } };
  }
  // Of what has come in a bad state, nothing was said before.
  const reported = before?.state ?? "unfinished";
  if (state === reported) return { after: { attachment, state } };
  const pending = before?.pending?.state === state ? before.pending : { state, sinceMs: timeMs };
  if (timeMs - pending.sinceMs < SETTLED_MS)
    return { after: { attachment, state: reported, pending } };
  if (state === "unfinished") return { after: { attachment, state: reported } };
  return { change: { event: state, attachment }, after: { attachment, state } };
}
