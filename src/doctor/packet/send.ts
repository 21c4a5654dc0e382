/** Sends one real packet from inside a container. */
import type { Ip } from "../../addr/index.ts";
import type { Netns } from "../../kernel/netns/index.ts";
import {
  AF_INET,
  AF_INET6,
  bind,
  connect,
  Errno,
  errnoText,
  type Fd,
  getsockname,
  inet6Address,
  inetAddress,
  KernelError,
  pollIn,
  pollOut,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  send,
  socket,
  socketError,
} from "../../kernel/sys/index.ts";
import type { PacketAnswer, SentPacket } from "./story.ts";

/** Bytes of `struct sockaddr_in6`, the longer of the two. */
const ADDRESS_MAX = 28;
/** How long nothing is looked at: others have their turn meanwhile. */
const STEP_MS = 5;

/** A question that servers of names answer, with which a silent server of another kind has no work. */
const DATAGRAM = Uint8Array.of(
  ...[0x68, 0x77, 0x01, 0x00, 0x00, 0x01, 0, 0, 0, 0, 0, 0],
  ...[0, 0x00, 0x02, 0x00, 0x01],
);

/** Where the packet goes, and from which of the container's addresses. */
export interface Sending {
  readonly protocol: SentPacket["protocol"];
  readonly source: Ip;
  readonly destination: Ip;
  readonly port: number;
}

/** One connection of a container: its port is known before anything is sent. */
export class Sender implements Disposable {
  readonly packet: SentPacket;
  readonly #fd: Fd;
  readonly #to: Uint8Array;

  private constructor(fd: Fd, to: Uint8Array, packet: SentPacket) {
    this.#fd = fd;
    this.#to = to;
    this.packet = packet;
  }

  /** @throws KernelError, EADDRNOTAVAIL where the container does not have the address */
  static open(netns: Netns, { protocol, source, destination, port }: Sending): Sender {
    const domain = source.family === 4 ? AF_INET : AF_INET6;
    const type = (protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK;
    const fd = netns.run(() => socket(domain, type, 0));
    try {
      bind(fd, addressOf(source, 0));
      const own = getsockname(fd, ADDRESS_MAX);
      const sourcePort = new DataView(own.buffer, own.byteOffset).getUint16(2, false);
      const packet = { protocol, source, sourcePort, destination, destinationPort: port };
      return new Sender(fd, addressOf(destination, port), packet);
    } catch (error) {
      fd.close();
      if (!(error instanceof KernelError)) throw error;
      throw error.during(`send from ${source} in ${netns.path}`);
    }
  }

  /** Sends it, and waits so long for what comes back; other work of this process goes on. */
  async send(timeoutMs: number, signal?: AbortSignal): Promise<PacketAnswer> {
    const begun = performance.now();
    const passed = (): number => performance.now() - begun;
    try {
      connect(this.#fd, this.#to);
      if (this.packet.protocol === "udp") send(this.#fd, DATAGRAM);
    } catch (error) {
      return judged(error instanceof KernelError ? error.errno : 0, passed());
    }
    for (; passed() < timeoutMs; await Bun.sleep(STEP_MS)) {
      if (signal?.aborted === true) break;
      const isThere = this.packet.protocol === "tcp" ? pollOut(this.#fd, 0) : pollIn(this.#fd, 0);
      if (isThere) return judged(socketError(this.#fd), passed());
    }
    return { kind: "silent", ms: passed() };
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

function judged(errno: number, ms: number): PacketAnswer {
  switch (errno) {
    case 0:
      return { kind: "answered", ms };
    case Errno.ECONNREFUSED:
      return { kind: "refused", ms };
    case Errno.EPERM:
      return { kind: "forbidden" };
    default:
      return { kind: "unreachable", ms, text: errnoText(errno) };
  }
}

function addressOf(ip: Ip, port: number): Uint8Array {
  return ip.family === 4 ? inetAddress(ip.bytes, port) : inet6Address(ip.bytes, port, 0);
}
