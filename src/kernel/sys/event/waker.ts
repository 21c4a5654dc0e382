import { SOCK_CLOEXEC, SOCK_NONBLOCK } from "../call/constant.ts";
import { KernelError } from "../call/error.ts";
import { Fd } from "../call/fd.ts";
import { lastErrno, libc } from "../call/library.ts";

// sys/eventfd.h: EFD_CLOEXEC and EFD_NONBLOCK are the bits of open(2), as those of sockets are.
const FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;

/** eventfd(2): a descriptor by which one thread wakes another that waits for it. */
export class Waker implements Disposable {
  readonly fd: Fd;

  constructor(fd?: Fd) {
    this.fd = fd ?? create();
  }

  wake(): void {
    libc().write(this.fd.number, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 8);
  }

  /** To be called by the thread that was woken. */
  reset(): void {
    libc().read(this.fd.number, new Uint8Array(8), 8);
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}

function create(): Fd {
  const number = libc().eventfd(0, FLAGS);
  if (number !== -1) return new Fd(number);
  throw new KernelError("eventfd", lastErrno());
}
