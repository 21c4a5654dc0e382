import {
  AF_NETLINK,
  POLLIN,
  POLLOUT,
  SO_ERROR,
  SO_NETNS_COOKIE,
  SOCK_CLOEXEC,
  SOL_SOCKET,
} from "./constant.ts";
import { Errno } from "./errno.ts";
import { KernelError } from "./error.ts";
import { Fd } from "./fd.ts";
import { lastErrno, libc } from "./library.ts";

/** socket(2), close-on-exec. */
export function socket(domain: number, type: number, protocol: number): Fd {
  const number = libc().socket(domain, type | SOCK_CLOEXEC, protocol);
  if (number !== -1) return new Fd(number);
  throw new KernelError("socket", lastErrno());
}

/** bind(2); `address` is a struct sockaddr of the socket's family. */
export function bind(fd: Fd, address: Uint8Array): void {
  if (libc().bind(fd.number, address, address.length) !== -1) return;
  throw new KernelError("bind", lastErrno());
}

/** connect(2): whether it is done; a socket that does not block has only begun where it is not. */
export function connect(fd: Fd, address: Uint8Array): boolean {
  if (libc().connect(fd.number, address, address.length) !== -1) return true;
  const errno = lastErrno();
  if (errno === Errno.EINPROGRESS || errno === Errno.EINTR) return false;
  throw new KernelError("connect", errno);
}

/** SO_ERROR: the error number that a socket has met since it was last asked; 0 for none. */
export function socketError(fd: Fd): number {
  const value = new Uint8Array(4);
  if (libc().getsockopt(fd.number, SOL_SOCKET, SO_ERROR, value, int32(value.length)) === -1) {
    throw new KernelError("getsockopt SO_ERROR", lastErrno());
  }
  return new DataView(value.buffer).getInt32(0, true);
}

/** setsockopt(2) with an int, or with the bytes of a structure. */
export function setsockopt(fd: Fd, level: number, name: number, value: number | Uint8Array): void {
  const bytes = typeof value === "number" ? int32(value) : value;
  if (libc().setsockopt(fd.number, level, name, bytes, bytes.length) !== -1) return;
  throw new KernelError(`setsockopt ${level}/${name}`, lastErrno());
}

/**
 * SO_NETNS_COOKIE: the number of the network namespace that a socket belongs to. The kernel never
 * gives it to another namespace of the same boot. Undefined on kernels before 5.14, which have none.
 */
export function netnsCookie(fd: Fd): bigint | undefined {
  const value = new Uint8Array(8);
  const length = int32(value.length);
  if (libc().getsockopt(fd.number, SOL_SOCKET, SO_NETNS_COOKIE, value, length) !== -1) {
    return new DataView(value.buffer).getBigUint64(0, true);
  }
  const errno = lastErrno();
  if (errno === Errno.ENOPROTOOPT) return undefined;
  throw new KernelError("getsockopt SO_NETNS_COOKIE", errno);
}

/** struct timeval { long tv_sec; long tv_usec; }, as SO_RCVTIMEO takes it. */
export function timeval(milliseconds: number): Uint8Array {
  const value = new Uint8Array(16);
  const view = new DataView(value.buffer);
  view.setBigInt64(0, BigInt(Math.trunc(milliseconds / 1000)), true);
  view.setBigInt64(8, BigInt((milliseconds % 1000) * 1000), true);
  return value;
}

/** getsockname(2): the address the kernel bound, at most `capacity` bytes. */
export function getsockname(fd: Fd, capacity: number): Uint8Array {
  const address = new Uint8Array(capacity);
  const length = int32(capacity);
  if (libc().getsockname(fd.number, address, length) === -1) {
    throw new KernelError("getsockname", lastErrno());
  }
  return address.subarray(0, Math.min(capacity, new DataView(length.buffer).getInt32(0, true)));
}

/** send(2), or sendto(2) when an address is given. */
export function send(fd: Fd, bytes: Uint8Array, flags: number = 0, to?: Uint8Array): number {
  for (;;) {
    const count =
      to === undefined
        ? libc().send(fd.number, bytes, bytes.length, flags)
        : libc().sendto(fd.number, bytes, bytes.length, flags, to, to.length);
    if (count !== -1) return count;
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new KernelError("send", errno);
  }
}

/** recv(2). With MSG_TRUNC the result is the datagram's whole length, even beyond the buffer. */
export function recv(fd: Fd, buffer: Uint8Array, flags: number = 0): number {
  for (;;) {
    const count = libc().recvfrom(fd.number, buffer, buffer.length, flags, null, null);
    if (count !== -1) return count;
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new KernelError("recv", errno);
  }
}

/** Memory for the sender's address, to be reused between calls of `recvfrom`. */
export interface SenderAddress {
  readonly bytes: Uint8Array;
  readonly length: Int32Array;
}

/** recvfrom(2): as `recv`, and fills in the sender. */
export function recvfrom(fd: Fd, buffer: Uint8Array, flags: number, sender: SenderAddress): number {
  for (;;) {
    sender.length[0] = sender.bytes.length;
    const count = libc().recvfrom(
      fd.number,
      buffer,
      buffer.length,
      flags,
      sender.bytes,
      sender.length,
    );
    if (count !== -1) return count;
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new KernelError("recvfrom", errno);
  }
}

/**
 * poll(2) for something to read: true when there is, false when the time is over.
 * A signal starts the wait anew, so it can last longer than asked.
 */
export function pollIn(fd: Fd, timeoutMs: number): boolean {
  return pollFor(fd, POLLIN, timeoutMs);
}

/** The same for room to write, or for the end of a `connect`, which may be an error. */
export function pollOut(fd: Fd, timeoutMs: number): boolean {
  return pollFor(fd, POLLOUT, timeoutMs);
}

function pollFor(fd: Fd, events: number, timeoutMs: number): boolean {
  // struct pollfd { int fd; short events; short revents; }
  const entry = new Uint8Array(8);
  const view = new DataView(entry.buffer);
  view.setInt32(0, fd.number, true);
  view.setInt16(4, events, true);
  for (;;) {
    const count = libc().poll(entry, 1, Math.ceil(timeoutMs));
    if (count !== -1) return count > 0;
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new KernelError("poll", errno);
  }
}

/** struct sockaddr_nl: the kernel's own address has port 0. */
export function netlinkAddress(port: number, groups: number): Uint8Array {
  const address = new Uint8Array(12);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(4, port, true);
  view.setUint32(8, groups, true);
  return address;
}

function int32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
