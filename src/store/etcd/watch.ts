import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Batch, type Event, type Keys, type Revision, StoreError } from "../index.ts";
import type { Caller } from "./caller.ts";
import type { Connection } from "./connection.ts";
import type { KeySpace } from "./convert.ts";
import type { Event as EtcdEvent, WatchRequestSchema, WatchResponse } from "./messages/etcd.ts";

type WatchRequest = MessageInitShape<typeof WatchRequestSchema>;

const DELETED = 1;
/** A watch that has heard nothing for so long asks how far it is. */
const QUIET_MS = 10_000;
/** And is over when that is not answered. */
const ANSWER_MS = 5_000;

/** What a stream of a watch is made of. */
export interface WatchScene {
  readonly caller: Caller;
  readonly space: KeySpace;
  readonly keys: Keys;
  readonly connection: Connection;
  readonly headers: Record<string, string>;
  /** Its on-demand answers about progress are to be believed. */
  readonly isProgressExact: boolean;
  readonly signal: AbortSignal;
}

/** One stream of one member: all changes from a revision on, until it fails. */
export class WatchStream {
  readonly #scene: WatchScene;
  readonly #requests: Requests = new Requests();
  #next: Revision;
  /** Of a revision that may not be whole yet. */
  #held: EtcdEvent[] = [];

  constructor(scene: WatchScene, from: Revision) {
    this.#scene = scene;
    this.#next = from;
  }

  async *batches(): AsyncGenerator<Batch, void, undefined> {
    const { space, keys, connection, headers, signal } = this.#scene;
    const { key, rangeEnd = new Uint8Array() } = space.range(keys);
    const create = {
      ...(key === undefined ? {} : { key }),
      rangeEnd,
      // One before: etcd may lose a deletion of the very revision to which it compacts, and then says nothing
      // of it to a watch that begins there. What comes twice by that is left out in `#take`.
      startRevision: this.#next > 1n ? this.#next - 1n : 1n,
      progressNotify: true,
      fragment: true,
    };
    this.#requests.push({ requestUnion: { case: "createRequest", value: create } });
    const ending = new AbortController();
    const responses = connection.watch.watch(this.#requests, {
      headers,
      signal: AbortSignal.any([signal, ending.signal]),
    });
    try {
      yield* this.#read(responses[Symbol.asyncIterator]());
    } finally {
      this.#requests.end();
      ending.abort();
    }
  }

  async *#read(responses: AsyncIterator<WatchResponse>): AsyncGenerator<Batch, void, undefined> {
    const { caller, connection } = this.#scene;
    for (;;) {
      const result: IteratorResult<WatchResponse, unknown> = await this.#heard(responses.next());
      if (result.done === true) throw new Error("etcd ended the watch");
      const { value } = result;
      caller.heard(connection, value.header);
      if (value.canceled) throw refusal(value, this.#next);
      if (value.created) continue;
      const batch = this.#take(value);
      if (batch !== undefined) yield batch;
    }
  }

  /** The next message; asks for a sign of life when it takes long. */
  async #heard<T>(next: Promise<T>): Promise<T> {
    const first = await within(next, QUIET_MS);
    if (first !== undefined) return first.value;
    this.#requests.push({ requestUnion: { case: "progressRequest", value: {} } });
    const second = await within(next, ANSWER_MS);
    if (second !== undefined) return second.value;
    next.catch(() => undefined);
    throw new Error("the watch gives no sign of life");
  }

  #take({ events, fragment, header, watchId }: WatchResponse): Batch | undefined {
    const { space, isProgressExact } = this.#scene;
    // What begins before where we are was had already.
    this.#held.push(...events.filter(({ kv }) => kv !== undefined && kv.modRevision >= this.#next));
    if (events.length === 0 && this.#held.length === 0) {
      const isOurs = watchId >= 0n || isProgressExact;
      return this.#progress(isOurs ? (header?.revision ?? 0n) : this.#next - 1n);
    }
    const last = this.#held.at(-1)?.kv?.modRevision;
    if (last === undefined) return undefined;
    const isWhole = (event: EtcdEvent): boolean => !fragment || event.kv?.modRevision !== last;
    const whole = this.#held.filter(isWhole);
    this.#held = this.#held.filter((event) => !isWhole(event));
    const revision = whole.at(-1)?.kv?.modRevision;
    if (revision === undefined) return undefined;
    this.#next = revision + 1n;
    return { events: whole.flatMap((event) => converted(event, space)), revision };
  }

  #progress(revision: Revision): Batch {
    if (revision >= this.#next) this.#next = revision + 1n;
    return { events: [], revision: this.#next - 1n };
  }
}

function converted({ type, kv }: EtcdEvent, space: KeySpace): Event[] {
  if (kv === undefined) return [];
  if (type !== DELETED) return [{ kind: "put", entry: space.entry(kv) }];
  return [{ kind: "deleted", key: space.name(kv.key), revision: kv.modRevision }];
}

/** Why etcd ended a watch, as an error of its own or one that is judged as those of calls. */
function refusal({ compactRevision, cancelReason }: WatchResponse, next: Revision): Error {
  if (compactRevision > 0n) {
    return new StoreError(
      "compacted",
      `etcd has compacted revision ${next}, from which the watch was to go on: it knows those from ${compactRevision} on`,
    );
  }
  return new Error(cancelReason === "" ? "etcd ended the watch" : cancelReason);
}

/** The value of a promise if it comes in time. */
async function within<T>(
  promise: Promise<T>,
  ms: number,
): Promise<{ readonly value: T } | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([promise.then((value) => ({ value })), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The side of a stream that asks: open until it is ended. */
class Requests implements AsyncIterable<WatchRequest> {
  readonly #queue: WatchRequest[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  push(request: WatchRequest): void {
    this.#queue.push(request);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchRequest, void, undefined> {
    while (!this.#isOver) {
      const request = this.#queue.shift();
      if (request !== undefined) {
        yield request;
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }
}
