import {
  AF_NETLINK,
  Errno,
  type Fd,
  getsockname,
  isKernelError,
  KernelError,
  MSG_TRUNC,
  pollIn,
  recvfrom,
  type SenderAddress,
  SO_RCVTIMEO,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_RAW,
  SOL_SOCKET,
  send,
  setsockopt,
  socket,
  timeval,
} from "../sys/index.ts";
import { connectToKernel } from "./connect.ts";
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  SOL_NETLINK,
} from "./constant.ts";
import { retire, reuse, reuseKey } from "./retire.ts";

/** A datagram and where it came from. */
export interface Datagram {
  /** Memory of its own, which stays as it is when the next datagram comes, unless it was asked for as passing. */
  readonly bytes: Uint8Array;
  /** Multicast group it was sent to; 0 when it was sent to this socket alone. */
  readonly group: number;
}

/** What NetlinkSocket stands on. Tests put a made-up kernel here. */
export interface NetlinkPort extends Disposable {
  /** Port number of this socket, as the kernel writes it into replies. */
  readonly portId: number;
  send(datagram: Uint8Array): void;
  /**
   * The next datagram of the kernel; waits at most the port's own time for it.
   * @param isPassing its bytes are used up before any socket is read again
   */
  receive(isPassing?: boolean): Datagram;
  /** Whether a datagram comes within this time. */
  poll(timeoutMs: number): boolean;
}

/** Opens a port of a protocol in the network namespace of the calling thread. */
export type PortOpener = (protocol: number, groups: readonly number[]) => NetlinkPort;

let opener: PortOpener = (protocol, groups) => new KernelPort(protocol, groups);

export function openPort(protocol: number, groups: readonly number[]): NetlinkPort {
  return opener(protocol, groups);
}

/** Tests only: sockets that are opened until the result is disposed of stand on another kernel. */
export function replacePorts(other: PortOpener): Disposable {
  const previous = opener;
  opener = other;
  return {
    [Symbol.dispose](): void {
      opener = previous;
    },
  };
}

// No answer is longer: dumps come in pieces of up to 32 KiB, and the longest single message is that
// of a link with hundreds of virtual functions, whose attributes hold at most 64 KiB each.
const BUFFER_SIZE = 256 * 1024;
// What every socket can send at once; net.core.wmem_default is 208 KiB unless it was lowered.
const SAFE_DATAGRAM = 64 * 1024;
// The kernel answers inside send(); waiting longer means that the answer is lost.
const ANSWER_TIMEOUT = timeval(30_000);
const ON = Uint8Array.of(1, 0, 0, 0);

/** A netlink socket of the running kernel, in the network namespace of the calling thread. */
class KernelPort implements NetlinkPort {
  /** Undefined once it is closed: the descriptor may serve another socket then. */
  #open: Fd | undefined;
  /** Of a socket that may be used again; see `retire`. */
  #reuseKey: string | undefined;
  #sendBuffer = SAFE_DATAGRAM;
  #portId: number | undefined;

  constructor(protocol: number, groups: readonly number[]) {
    this.#reuseKey = groups.length === 0 ? reuseKey(protocol) : undefined;
    const spare = this.#reuseKey === undefined ? undefined : reuse(this.#reuseKey);
    this.#open = spare ?? openSocket(protocol, groups);
  }

  get #fd(): Fd {
    if (this.#open === undefined) throw new Error("the netlink socket is closed");
    return this.#open;
  }

  get portId(): number {
    if (this.#portId === undefined) {
      const address = getsockname(this.#fd, 12);
      this.#portId = new DataView(address.buffer, address.byteOffset).getUint32(4, true);
    }
    return this.#portId;
  }

  send(datagram: Uint8Array): void {
    const { length } = datagram;
    // An nftables transaction must be one datagram, however large.
    if (length > this.#sendBuffer) {
      growSendBuffer(this.#fd, length);
      this.#sendBuffer = length;
    }
    try {
      const count = send(this.#fd, datagram);
      if (count !== length) throw new KernelError("send", Errno.EMSGSIZE);
    } catch (error) {
      if (!isKernelError(error, Errno.EMSGSIZE)) throw error;
      const bound = "more than net.core.wmem_max lets this user send at once";
      throw error.during(`send ${length} bytes to netlink (${bound})`);
    }
  }

  receive(isPassing = false): Datagram {
    for (;;) {
      buffer ??= new Uint8Array(BUFFER_SIZE);
      const length = recvfrom(this.#fd, buffer, MSG_TRUNC, sender);
      if (length > buffer.length) {
        throw new KernelError(`receive ${length} bytes from netlink`, Errno.EMSGSIZE);
      }
      // Only the kernel has port 0. Others may send to groups.
      if (senderWords[1] !== 0) continue;
      const bytes = isPassing ? buffer.subarray(0, length) : buffer.slice(0, length);
      return { bytes, group: senderWords[2] ?? 0 };
    }
  }

  poll(timeoutMs: number): boolean {
    return pollIn(this.#fd, timeoutMs);
  }

  /** See `closeAtEnd`. */
  closeAtEnd(): void {
    this.#reuseKey = undefined;
  }

  [Symbol.dispose](): void {
    const fd = this.#open;
    this.#open = undefined;
    if (fd === undefined) return; // once: a descriptor that is retired twice would serve two
    if (this.#reuseKey === undefined) fd.close();
    else retire(fd, this.#reuseKey);
  }
}

/** Has a port closed when it ends, and never used again: what belongs to it in the kernel is to go with it. */
export function closeAtEnd(port: NetlinkPort): void {
  if (port instanceof KernelPort) port.closeAtEnd();
}

/** Beyond net.core.wmem_max where the machine's root asks; a user namespace's root has twice that at most. */
function growSendBuffer(fd: Fd, length: number): void {
  try {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, length);
  } catch (error) {
    if (!isKernelError(error, Errno.EPERM)) throw error;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, length);
  }
}

function openSocket(protocol: number, groups: readonly number[]): Fd {
  const fd = socket(AF_NETLINK, SOCK_RAW, protocol);
  try {
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, ON);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, ON);
    checkStrictly(fd);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, ANSWER_TIMEOUT);
    connectToKernel(fd);
    for (const group of groups) setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    return fd;
  } catch (error) {
    fd.close();
    throw error;
  }
}

/** Lists are narrowed by the kernel then. Linux before 4.20 does not: their readers filter, too. */
function checkStrictly(fd: Fd): void {
  try {
    setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, ON);
  } catch (error) {
    if (!isKernelError(error, Errno.ENOPROTOOPT)) throw error;
  }
}

// Shared by all sockets: what comes is copied out, or used up, at once.
let buffer: Uint8Array | undefined;
const senderWords = new Uint32Array(3); // struct sockaddr_nl: family and padding, nl_pid, nl_groups
const sender: SenderAddress = {
  bytes: new Uint8Array(senderWords.buffer),
  length: new Int32Array(1),
};
