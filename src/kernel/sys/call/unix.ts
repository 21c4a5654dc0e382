import {
  AF_UNIX,
  F_GETFL,
  F_SETFL,
  MSG_CMSG_CLOEXEC,
  O_NONBLOCK,
  SCM_RIGHTS,
  SO_PEERCRED,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./constant.ts";
import { Errno } from "./errno.ts";
import { KernelError } from "./error.ts";
import { Fd } from "./fd.ts";
import { addressOf, cString, lastErrno, libc } from "./library.ts";

/** sun_path with its NUL. */
const PATH_MAX = 108;

/** struct sockaddr_un of a path, or of an abstract name when it begins with "@". */
export function unixAddress(path: string): Uint8Array {
  const name = cString(path);
  if (name.length > PATH_MAX) throw new RangeError(`path of a socket is too long: ${path}`);
  if (path.startsWith("@")) name[0] = 0;
  const address = new Uint8Array(2 + name.length - (path.startsWith("@") ? 1 : 0));
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name.subarray(0, address.length - 2), 2);
  return address;
}

/** listen(2). Of a socket that listens already it changes the length of the queue. */
export function listen(fd: Fd, backlog: number): void {
  if (libc().listen(fd.number, backlog) !== -1) return;
  throw new KernelError("listen", lastErrno());
}

/** Sets O_NONBLOCK of the open file, for all processes that have it open. */
export function setNonBlocking(fd: Fd): void {
  const flags = libc().fcntl(fd.number, F_GETFL, 0);
  if (flags !== -1 && libc().fcntl(fd.number, F_SETFL, flags | O_NONBLOCK) !== -1) return;
  throw new KernelError("make a descriptor non-blocking", lastErrno());
}

/** accept4(2), non-blocking and close-on-exec; undefined when no connection waits. */
export function accept(fd: Fd): Fd | undefined {
  for (;;) {
    const number = libc().accept4(fd.number, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (number !== -1) return new Fd(number);
    const errno = lastErrno();
    if (errno === Errno.EAGAIN) return undefined;
    if (errno !== Errno.EINTR && errno !== Errno.ECONNABORTED) {
      throw new KernelError("accept", errno);
    }
  }
}

/** The process at the other end of a connection, as of its beginning. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** SO_PEERCRED. */
export function peerCredentials(fd: Fd): PeerCredentials {
  const value = new Int32Array(3);
  const length = new Int32Array([value.byteLength]);
  if (libc().getsockopt(fd.number, SOL_SOCKET, SO_PEERCRED, value, length) === -1) {
    throw new KernelError("getsockopt SO_PEERCRED", lastErrno());
  }
  const [pid = 0, uid = -1, gid = -1] = value;
  return { pid, uid: uid >>> 0, gid: gid >>> 0 };
}

/** How many descriptors one message may bring; the kernel drops more. */
export const MESSAGE_DESCRIPTORS_MAX = 4;

// struct cmsghdr { size_t cmsg_len; int cmsg_level; int cmsg_type; }
const CMSG_HEADER = 16;
const CONTROL_SIZE = CMSG_HEADER + 4 * MESSAGE_DESCRIPTORS_MAX;
// struct msghdr: name, namelen, iov, iovlen, control, controllen, flags
const MSGHDR_SIZE = 56;

/** Memory for `receiveMessage`, to be reused between calls. */
export class MessageBuffer {
  readonly bytes: Uint8Array;
  // Over buffers of their own: a small array without one moves when its buffer is asked for,
  // and the addresses below would be those of other memory.
  readonly header: Uint8Array = new Uint8Array(new ArrayBuffer(MSGHDR_SIZE));
  readonly control: Uint8Array = new Uint8Array(new ArrayBuffer(CONTROL_SIZE));
  readonly #vector = new Uint8Array(new ArrayBuffer(16));
  readonly #header = new DataView(this.header.buffer);
  readonly #control = new DataView(this.control.buffer);

  constructor(length: number) {
    this.bytes = new Uint8Array(new ArrayBuffer(length));
    const vector = new DataView(this.#vector.buffer);
    vector.setBigUint64(0, BigInt(addressOf(this.bytes)), true);
    vector.setBigUint64(8, BigInt(length), true);
    this.#header.setBigUint64(16, BigInt(addressOf(this.#vector)), true);
    this.#header.setBigUint64(24, 1n, true);
    this.#header.setBigUint64(32, BigInt(addressOf(this.control)), true);
  }

  reset(): void {
    // size_t, whose upper half is always 0.
    this.#header.setUint32(40, CONTROL_SIZE, true);
  }

  /** Descriptors that came along. */
  descriptors(): Fd[] {
    if (this.#header.getUint32(40, true) < CMSG_HEADER) return [];
    const view = this.#control;
    if (view.getInt32(8, true) !== SOL_SOCKET || view.getInt32(12, true) !== SCM_RIGHTS) return [];
    const end = view.getUint32(0, true);
    const came: Fd[] = [];
    for (let at = CMSG_HEADER; at < end; at += 4) came.push(new Fd(view.getInt32(at, true)));
    return came;
  }
}

/**
 * recvmsg(2) of a stream: how many bytes came (0: the other side has closed) and the descriptors
 * with them; undefined when nothing is there yet.
 */
export function receiveMessage(
  fd: Fd,
  buffer: MessageBuffer,
): { readonly length: number; readonly descriptors: readonly Fd[] } | undefined {
  for (;;) {
    buffer.reset();
    const length = libc().recvmsg(fd.number, buffer.header, MSG_CMSG_CLOEXEC);
    if (length !== -1) return { length, descriptors: buffer.descriptors() };
    const errno = lastErrno();
    if (errno === Errno.EAGAIN) return undefined;
    if (errno === Errno.ECONNRESET) return { length: 0, descriptors: [] };
    if (errno !== Errno.EINTR) throw new KernelError("recvmsg", errno);
  }
}
