import { F_DUPFD_CLOEXEC } from "../call/constant.ts";
import { KernelError } from "../call/error.ts";
import { Fd } from "../call/fd.ts";
import { lastErrno, libc } from "../call/library.ts";

/** Receives what arrives at a socket. */
export interface Listener {
  /** One datagram, in memory of its own. */
  readonly datagram: (bytes: Uint8Array) => void;
  /** The socket does not hear any more, as when its link went down; not after a dispose. */
  readonly end: (error: Error | undefined) => void;
}

/**
 * Has the event loop read a datagram socket of any family, one call for each datagram. An empty
 * datagram ends the hearing, as the end of a stream does. The socket stays its owner's: it may be
 * closed before or after, and must be non-blocking (SOCK_NONBLOCK).
 */
export async function hear(fd: Fd, listener: Listener): Promise<Disposable> {
  // The loop closes what it reads whenever it likes; a number of its own keeps ours from being
  // another file's by then.
  using copy = duplicate(fd);
  let over = false;
  const end = (error: Error | undefined): void => {
    if (over) return;
    over = true;
    listener.end(error);
  };
  const options = {
    fd: copy.number,
    socket: {
      data(_: unknown, bytes: Uint8Array): void {
        if (!over) listener.datagram(bytes);
      },
      close: (_: unknown, error?: Error): void => end(error),
      end: (): void => end(undefined),
      error: (_: unknown, error: Error): void => end(error),
    },
  };
  // Bun takes any descriptor here; its types only speak of addresses.
  const socket = await Bun.connect(options as unknown as Bun.UnixSocketOptions<undefined>);
  copy.release();
  return {
    [Symbol.dispose](): void {
      over = true;
      socket.terminate();
    },
  };
}

/** fcntl(2) with F_DUPFD_CLOEXEC: a second descriptor of the same open file. */
export function duplicate(fd: Fd): Fd {
  const number = libc().fcntl(fd.number, F_DUPFD_CLOEXEC, 0);
  if (number !== -1) return new Fd(number);
  throw new KernelError("duplicate a descriptor", lastErrno());
}
