import { statSync } from "node:fs";
import { Epoll, type Fd, Waker } from "../../kernel/sys/index.ts";
import {
  type AcceptorTask,
  type Begun,
  type FromAcceptor,
  type Limits,
  Phase,
  Shared,
} from "./messages.ts";

/** Events for the main thread. */
export interface AcceptorEvents {
  readonly begun: (call: Begun) => void;
  /** The caller of a call that has begun has closed its connection. */
  readonly hungUp: (id: number) => void;
  /** The thread ended by a failure. */
  readonly failed: (error: string) => void;
}

/** Counts for the metrics. */
export interface AcceptorCounts {
  readonly taken: number;
  readonly waiting: number;
  readonly refused: number;
  readonly dropped: number;
}

/**
 * The thread that accepts callers. Bun's own sockets drop descriptors that come with a message, and
 * a thread of its own accepts in time while the main thread is busy.
 */
export class Acceptor implements Disposable {
  readonly #worker: Worker;
  readonly #epoll = new Epoll();
  readonly #waker = new Waker();
  readonly #shared = new Int32Array(new SharedArrayBuffer(4 * Shared.CELLS));
  readonly #ended: Promise<void>;

  constructor(threadUrl: string, listener: Fd, events: AcceptorEvents, limits: Limits) {
    const { dev, ino } = statSync("/proc/self/ns/net", { bigint: true });
    const task: AcceptorTask = {
      role: "acceptor",
      listener: listener.number,
      epoll: this.#epoll.fd.number,
      waker: this.#waker.fd.number,
      limits,
      uid: process.getuid?.() ?? 0,
      netns: { dev, ino },
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
    this.#worker.postMessage(task);
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

  /** Takes no more calls; resolves when all connections without a call have been answered. */
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
