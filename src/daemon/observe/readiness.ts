import { EVENT_STREAM_HEADERS } from "../../base/index.ts";

/** Streams at once. */
const STREAMS_MAX = 32;
/** Whether a fleet's network can be served depends on files, on the store and on time: it is looked at so often. */
const LOOK_MS = 5000;

export interface ReadinessOptions {
  readonly ready: () => boolean;
  /** Whether that may change by itself. */
  readonly isUnsteady: () => boolean;
}

/** Tells each change of whether the daemon is ready. While nothing reads it, nothing is looked at. */
export class Readiness implements Disposable {
  readonly #options: ReadinessOptions;
  readonly #readers = new Set<() => void>();
  #streams = 0;
  #isReady = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** Calls at each change, until it is disposed of. */
  watch(changed: () => void): Disposable {
    const reader = (): void => changed();
    if (this.#readers.size === 0) this.#isReady = this.#options.ready();
    this.#readers.add(reader);
    this.look();
    return {
      [Symbol.dispose]: () => {
        this.#readers.delete(reader);
        if (this.#readers.size === 0) this[Symbol.dispose]();
      },
    };
  }

  /** The same as server-sent events: the first says how it is, and the end of the stream is that of the daemon. */
  follow(): Response {
    if (this.#streams === STREAMS_MAX) return new Response("too many follow\n", { status: 503 });
    this.#streams++;
    let watching: Disposable | undefined;
    const encoder = new TextEncoder();
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const tell = (): void => {
          const text = this.#isReady ? "ready" : "not ready";
          controller.enqueue(encoder.encode(`data: ${text}\n\n`));
        };
        watching = this.watch(tell);
        tell();
      },
      cancel: () => {
        this.#streams--;
        watching?.[Symbol.dispose]();
      },
    });
    return new Response(stream, { headers: EVENT_STREAM_HEADERS });
  }

  /** To be called when it may have changed. */
  look(): void {
    if (this.#readers.size === 0) return;
    const isReady = this.#options.ready();
    const isNew = this.#isReady !== isReady;
    this.#isReady = isReady;
    if (isNew) for (const tell of this.#readers) tell();
    if (this.#options.isUnsteady()) this.#timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#readers.clear();
  }
}
