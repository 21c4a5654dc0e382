import { SOCK_CLOEXEC } from "../call/constant.ts";
import { Errno } from "../call/errno.ts";
import { KernelError } from "../call/error.ts";
import { Fd } from "../call/fd.ts";
import { lastErrno, libc } from "../call/library.ts";

/** Something has happened to a descriptor. */
export interface EpollEvent {
  /** What it was added with. */
  readonly key: number;
  /** EPOLL bits. */
  readonly events: number;
}

const ADD = 1;
const REMOVE = 2;
const MODIFY = 3;
const EPOLL_CLOEXEC = SOCK_CLOEXEC;

/** Where `data` of struct epoll_event stands behind its `events`: without padding on x86-64 alone. */
export const EPOLL_DATA_AT: Readonly<Record<string, number>> = { x64: 4, arm64: 8 };
const DATA_AT = EPOLL_DATA_AT[process.arch] ?? 8;
const EVENT_SIZE = DATA_AT + 8;
const EVENTS_MAX = 64;
/** What the upper half of a key counts. */
const HIGH = 2 ** 32;

/** epoll(7): waits for many descriptors at once. Keys are whole numbers of the caller's choice. */
export class Epoll implements Disposable {
  readonly fd: Fd;
  // Over buffers of their own: a small array without one moves when its buffer is asked for.
  readonly #events = new Uint8Array(new ArrayBuffer(EVENT_SIZE * EVENTS_MAX));
  readonly #view = new DataView(this.#events.buffer);
  readonly #event = new Uint8Array(new ArrayBuffer(EVENT_SIZE));
  readonly #eventView = new DataView(this.#event.buffer);

  constructor(fd?: Fd) {
    this.fd = fd ?? create();
  }

  add(fd: number, key: number, events: number): void {
    this.#control(ADD, fd, key, events);
  }

  modify(fd: number, key: number, events: number): void {
    this.#control(MODIFY, fd, key, events);
  }

  /** A descriptor that is not in it is fine. */
  remove(fd: number): void {
    libc().epoll_ctl(this.fd.number, REMOVE, fd, null);
  }

  /** Waits; a time of -1 has no end. May give nothing before the time is over. */
  wait(timeoutMs: number): EpollEvent[] {
    const wait = Math.ceil(timeoutMs);
    const count = libc().epoll_wait(this.fd.number, this.#events, EVENTS_MAX, wait);
    if (count === -1) {
      const errno = lastErrno();
      if (errno === Errno.EINTR) return [];
      throw new KernelError("epoll_wait", errno);
    }
    const came: EpollEvent[] = [];
    for (let at = 0; at < count * EVENT_SIZE; at += EVENT_SIZE) {
      const low = this.#view.getUint32(at + DATA_AT, true);
      const high = this.#view.getUint32(at + DATA_AT + 4, true);
      came.push({ key: high * HIGH + low, events: this.#view.getUint32(at, true) });
    }
    return came;
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }

  #control(operation: number, fd: number, key: number, events: number): void {
    this.#eventView.setUint32(0, events, true);
    this.#eventView.setUint32(DATA_AT, key % HIGH, true);
    this.#eventView.setUint32(DATA_AT + 4, Math.floor(key / HIGH), true);
    if (libc().epoll_ctl(this.fd.number, operation, fd, this.#event) === -1) {
      throw new KernelError("epoll_ctl", lastErrno());
    }
  }
}

function create(): Fd {
  const number = libc().epoll_create1(EPOLL_CLOEXEC);
  if (number !== -1) return new Fd(number);
  throw new KernelError("epoll_create1", lastErrno());
}
