import { SOCK_CLOEXEC } from "./constant.ts";
import { Errno } from "./errno.ts";
import { KernelError } from "./error.ts";
import { Fd } from "./fd.ts";
import { lastErrno, libc } from "./library.ts";

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

// struct epoll_event { uint32_t events; uint64_t data; }, without padding on x86-64 alone.
const DATA_AT = process.arch === "x64" ? 4 : 8;
const EVENT_SIZE = DATA_AT + 8;
const EVENTS_MAX = 64;

/** epoll(7): waits for many descriptors at once. Keys are whole numbers of the caller's choice. */
export class Epoll implements Disposable {
  readonly fd: Fd;
  readonly #events = new Uint8Array(EVENT_SIZE * EVENTS_MAX);
  readonly #view = new DataView(this.#events.buffer);

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
    return Array.from({ length: count }, (_, at) => ({
      key: Number(this.#view.getBigUint64(at * EVENT_SIZE + DATA_AT, true)),
      events: this.#view.getUint32(at * EVENT_SIZE, true),
    }));
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }

  #control(operation: number, fd: number, key: number, events: number): void {
    const event = new Uint8Array(EVENT_SIZE);
    const view = new DataView(event.buffer);
    view.setUint32(0, events, true);
    view.setBigUint64(DATA_AT, BigInt(key), true);
    if (libc().epoll_ctl(this.fd.number, operation, fd, event) === -1) {
      throw new KernelError("epoll_ctl", lastErrno());
    }
  }
}

function create(): Fd {
  const number = libc().epoll_create1(EPOLL_CLOEXEC);
  if (number !== -1) return new Fd(number);
  throw new KernelError("epoll_create1", lastErrno());
}
