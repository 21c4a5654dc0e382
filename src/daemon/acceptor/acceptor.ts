import { statSync } from "node:fs";
import { Epoll, type Fd, Waker } from "../../kernel/sys/index.ts";
import type { ToThread } from "../thread/messages.ts";
import {
  type AcceptorStart,
  type Begun,
  DEFAULT_LIMITS,
  type FromAcceptor,
  type Limits,
  Phase,
  Shared,
} from "./settings.ts";

/** What the main thread is told. */
export interface AcceptorEvents {
  readonly begun: (call: Begun) => void;
  /** The caller of a call that has begun is gone. */
  readonly hungUp: (id: number) => void;
  /** The thread ended although nobody asked it to. */
  readonly failed: (error: string) => void;
}

/** How much there is to do, for the metrics. */
export interface AcceptorCounts {
  readonly taken: number;
  readonly waiting: number;
  readonly refused: number;
  readonly dropped: number;
}

/**
 * The thread that takes callers in. Bun's own sockets lose descriptors that come along, and a thread
 * of its own takes them in in time, whatever the main thread is at.
 */
export class Acceptor implements Disposable {
  readonly #worker: Worker;
  readonly #epoll = new Epoll();
  readonly #waker = new Waker();
  readonly #shared = new Int32Array(new SharedArrayBuffer(4 * Shared.CELLS));
  readonly #ended: Promise<void>;

  constructor(
    threadUrl: string,
    listener: Fd,
    events: AcceptorEvents,
    limits: Limits = DEFAULT_LIMITS,
  ) {
    const { dev, ino } = statSync("/proc/self/ns/net", { bigint: true });
    const start: AcceptorStart = {
      listener: listener.number,
      epoll: this.#epoll.fd.number,
      waker: this.#waker.fd.number,
      limits,
      uid: process.getuid?.() ?? 0,
      home: { dev, ino },
      shared: this.#shared,
    };
    this.#worker = new Worker(threadUrl, { smol: true });
    this.#ended = new Promise((resolve) => {
      this.#worker.onmessage = ({ data }: MessageEvent<FromAcceptor>): void => {
        if (data.kind === "begun") events.begun(data);
        else if (data.kind === "hung up") events.hungUp(data.id);
        else {
          resolve();
          if (data.error !== undefined) events.failed(data.error);
        }
      };
      this.#worker.onerror = ({ message }): void => {
        resolve();
        events.failed(message);
      };
    });
    const message: ToThread = { role: "acceptor", start };
    this.#worker.postMessage(message);
  }

  get counts(): AcceptorCounts {
    const read = (cell: number): number => Atomics.load(this.#shared, cell);
    return {
      taken: read(Shared.TAKEN),
      waiting: read(Shared.WAITING),
      refused: read(Shared.REFUSED),
      dropped: read(Shared.DROPPED),
    };
  }

  /** To be called once, when a call is about to be answered. */
  release(connection: number): void {
    this.#epoll.remove(connection);
    Atomics.sub(this.#shared, Shared.TAKEN, 1);
  }

  /** Takes no more calls; resolves when nobody waits to be taken in any more. */
  async end(leaveQueue: boolean): Promise<void> {
    Atomics.store(this.#shared, Shared.PHASE, leaveQueue ? Phase.LEAVE : Phase.DRAIN);
    this.#waker.wake();
    await this.#ended;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
    this.#epoll[Symbol.dispose]();
    this.#waker[Symbol.dispose]();
  }
}
