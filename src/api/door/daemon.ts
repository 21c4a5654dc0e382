import { dirname, join } from "node:path";
import { isEventStream } from "../../base/index.ts";
import type { NodeForm } from "../../forms/index.ts";
import { DirectoryEvents } from "../../state/watch/index.ts";
import type { DaemonState } from "../surroundings.ts";

const ANSWER_MS = 500;
/** A daemon that begins makes several files. */
const SETTLE_MS = 50;
const TEXT_MAX = 64;

/** The node daemon that listens at a socket, as another process sees it. */
export class DaemonAt implements DaemonState {
  readonly #unix: string;

  /** @param socket the one for calls, beside which it has another that tells how it is */
  constructor(socket: string) {
    this.#unix = join(dirname(socket), "status.sock");
  }

  async now(): Promise<NodeForm["daemon"]> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const { ok } = await fetch("http://daemon/readyz", { unix: this.#unix, signal });
      return ok ? "ready" : "not ready";
    } catch {
      return "none";
    }
  }

  /**
   * Hears of a daemon that comes by the directory of its socket, and holds one connection to it: by that it
   * tells whether it is ready, and its end is heard however it ends.
   */
  follow(changed: () => void): Disposable {
    return new Following(this.#unix, changed);
  }
}

class Following implements Disposable {
  readonly #unix: string;
  readonly #changed: () => void;
  readonly #directory: DirectoryEvents;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** What the daemon has said last; "" where there is none. */
  #state: string | undefined;
  /** Whether there is a connection, or one is tried. */
  #isConnected = false;
  /** The directory has changed since the last try. */
  #isDue = false;

  constructor(unix: string, changed: () => void) {
    this.#unix = unix;
    this.#changed = changed;
    this.#directory = new DirectoryEvents(dirname(unix), () => this.#look());
    void this.#connect();
  }

  [Symbol.dispose](): void {
    this.#end.abort();
    clearTimeout(this.#timer);
    this.#directory[Symbol.dispose]();
  }

  #look(): void {
    this.#isDue = true;
    if (this.#isConnected) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isConnected) void this.#connect();
    }, SETTLE_MS);
  }

  async #connect(): Promise<void> {
    const { signal } = this.#end;
    this.#isConnected = true;
    this.#isDue = false;
    try {
      // The connection is quiet for as long as nothing happens.
      const init = { unix: this.#unix, signal, timeout: false };
      const { headers, body } = await fetch("http://daemon/readyz?follow", init);
      if (!isEventStream(headers.get("content-type"))) {
        // One of an earlier release tells nothing: it is there.
        await body?.cancel();
        this.#found("there");
      } else {
        const texts = (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
        for await (const text of texts) this.#found(text.slice(0, TEXT_MAX));
        this.#found("");
      }
    } catch {
      this.#found("");
    }
    this.#isConnected = false;
    if (this.#isDue) this.#look();
  }

  /** What was found first is how it was before. */
  #found(state: string): void {
    const before = this.#state;
    this.#state = state;
    if (before === undefined || before === state || this.#end.signal.aborted) return;
    this.#changed();
  }
}
