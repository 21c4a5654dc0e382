import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Undeleted } from "./delete.ts";

/** Deletes a batch on another thread; resolves when the kernel has answered. */
export type DeleteBatch = (indexes: readonly number[]) => Promise<readonly Undeleted[]>;

/** Receives RTM_DELLINK events, and reports each to `Deleter.linkGone`. */
export interface LinkEvents {
  /** Reports events from now on; may be called again. */
  begin(): void;
}

interface DeletionRequest {
  readonly indexes: readonly number[];
  /** The links that are still there. */
  readonly open: Set<number>;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Gathers requests while the kernel deletes earlier links, and then has all of them deleted together:
 * one veth pair takes 20 ms of waiting, and fifty take little more.
 *
 * A request is done when the kernel has sent RTM_DELLINK, after the first millisecond: by then the
 * link is in no list and carries no packet. For the rest of the 20 ms the kernel waits until no reader
 * holds the link's memory (RCU), which only the thread has to wait for.
 */
export class Deleter {
  /** Threads without a batch. */
  readonly #idle: DeleteBatch[];
  readonly #events: LinkEvents | undefined;
  #waiting: DeletionRequest[] = [];
  readonly #running = new Set<DeletionRequest>();
  /** Links that were deleted, and the kernel requests for them, for the metrics. */
  links = 0;
  batches = 0;

  /** `threads`: as many batches may be under way at a time; the first ones are preferred. */
  constructor(threads: readonly DeleteBatch[], events?: LinkEvents) {
    this.#idle = [...threads];
    this.#events = events;
  }

  /**
   * Resolves when the links are gone.
   * @throws CniError of code 5 when one cannot be deleted
   */
  delete(indexes: readonly number[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ indexes, open: new Set(indexes), done, failed });
      const thread = this.#idle.shift();
      if (thread !== undefined) void this.#work(thread);
    });
  }

  /** To be called for each link that is gone. */
  linkGone(index: number): void {
    for (const request of this.#running) {
      if (!request.open.delete(index) || request.open.size > 0) continue;
      this.#running.delete(request);
      request.done();
    }
  }

  async #work(thread: DeleteBatch): Promise<void> {
    // Requests of one event-loop turn share a batch; a longer wait would leave the kernel idle.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const requests = this.#waiting;
      this.#waiting = [];
      await this.#run(requests, thread);
    }
    this.#idle.unshift(thread);
  }

  async #run(requests: readonly DeletionRequest[], thread: DeleteBatch): Promise<void> {
    const indexes = [...new Set(requests.flatMap((request) => request.indexes))];
    try {
      this.#receiveEvents();
      for (const request of requests) this.#running.add(request);
      const left = await thread(indexes);
      this.links += indexes.length - left.length;
      this.batches++;
      const reasons = new Map(left.map(({ index, reason }) => [index, reason]));
      for (const request of requests) resolveRequest(request, reasons);
    } catch (error) {
      for (const request of requests) request.failed(error);
    }
    for (const request of requests) this.#running.delete(request);
  }

  /** Without the events, as for want of a descriptor, the kernel's later answer ends the requests. */
  #receiveEvents(): void {
    try {
      this.#events?.begin();
    } catch {
      // The next batch tries again.
    }
  }
}

function resolveRequest(request: DeletionRequest, reasons: ReadonlyMap<number, string>): void {
  const index = request.indexes.find((each) => reasons.has(each));
  if (index === undefined) request.done();
  else request.failed(deletionError({ index, reason: reasons.get(index) ?? "" }));
}

/** The error for a link that could not be deleted. */
export function deletionError({ index, reason }: Undeleted): CniError {
  return new CniError(ErrorCode.IO_FAILURE, `cannot delete link ${index}: ${reason}`);
}
