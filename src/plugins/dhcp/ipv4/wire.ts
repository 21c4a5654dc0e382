import type { Ip, Mac } from "../../../addr/index.ts";
import {
  type Arrival,
  BROADCAST_IP,
  BROADCAST_MAC,
  CLIENT_PORT,
  decodeFrame,
  encodeFrame,
  encodeMessage,
  type Message,
  SERVER_PORT,
} from "../../../dhcp/index.ts";
import type { Netns } from "../../../kernel/netns/index.ts";
import { link } from "../../../kernel/route/index.ts";
import {
  AF_INET,
  BPF_JEQ,
  BPF_LDB_ABS,
  BPF_LDH_ABS,
  BPF_LDH_IND,
  BPF_LDX_MSH,
  BPF_RET,
  BPF_WHOLE,
  bind,
  ETH_P_IP,
  type Fd,
  type FilterInstruction,
  hear,
  inetAddress,
  openPacketSocket,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  send,
  setsockopt,
  socket,
} from "../../../kernel/sys/index.ts";
import { findLink, inNetns, type OwnLink } from "../netns-ref.ts";
import type { NetnsRef } from "../protocol.ts";

const UDP = 17;

/** Datagrams of IPv4 to the client's port; the rest of a busy link never wakes the process. */
const TO_CLIENTS: readonly FilterInstruction[] = [
  { code: BPF_LDH_ABS, k: 12 },
  { code: BPF_JEQ, k: ETH_P_IP, jf: 6 },
  { code: BPF_LDB_ABS, k: 23 },
  { code: BPF_JEQ, k: UDP, jf: 4 },
  { code: BPF_LDX_MSH, k: 14 },
  { code: BPF_LDH_IND, k: 16 },
  { code: BPF_JEQ, k: CLIENT_PORT, jf: 1 },
  { code: BPF_RET, k: BPF_WHOLE },
  { code: BPF_RET, k: 0 },
];

/** The link to use, and what to do with what arrives on it. */
export interface WireOptions {
  readonly netns: NetnsRef;
  readonly ifName: string;
  /** The address that the link has, for messages that are not broadcast. */
  readonly address?: Ip | undefined;
  readonly received: (arrival: Arrival) => void;
  /** The link went down or away. */
  readonly lost: () => void;
}

/**
 * A link of a container, for the time of one transaction: a packet socket that receives answers before
 * there is an address, and a UDP socket of the address when there is one. Opened inside the
 * namespace, used from outside.
 */
export class Wire implements Disposable {
  readonly link: OwnLink;
  /** The link was down, and has been set up for the transaction. */
  readonly broughtUp: boolean;
  readonly #packet: Fd;
  readonly #udp: Fd | undefined;
  #hearing: Disposable | undefined;

  private constructor(own: OwnLink, packet: Fd, udp: Fd | undefined) {
    this.link = own;
    this.broughtUp = !own.up;
    this.#packet = packet;
    this.#udp = udp;
  }

  /** @throws NetnsGone when namespace or link are not there */
  static async open(options: WireOptions): Promise<Wire> {
    const wire = inNetns(options.netns, (rtnetlink, netns) => {
      const own = findLink(rtnetlink, options.ifName);
      if (!own.up) link.set(rtnetlink, own.index, { up: true });
      const packet = netns.run(() => openPacketSocket(own.index, ETH_P_IP, TO_CLIENTS));
      return new Wire(own, packet, openUdp(netns, options.ifName, options.address));
    });
    try {
      wire.#hearing = await hear(wire.#packet, {
        datagram: (bytes) => {
          const arrival = decodeFrame(bytes);
          if (arrival !== undefined) options.received(arrival);
        },
        end: options.lost,
      });
      return wire;
    } catch (error) {
      wire[Symbol.dispose]();
      throw error;
    }
  }

  /** Sends to every server on the link. */
  broadcast(message: Message): void {
    this.#raw(message, message.ciaddr, BROADCAST_IP, BROADCAST_MAC);
  }

  /** Sends to one server: from the leased address by the container's routes, or to its next hop. */
  unicast(message: Message, server: Ip, nextHop: Mac): void {
    if (this.#udp === undefined) {
      this.#raw(message, message.ciaddr, server, nextHop);
      return;
    }
    try {
      send(this.#udp, encodeMessage(message), 0, inetAddress(server.bytes, SERVER_PORT));
    } catch {
      this.#raw(message, message.ciaddr, server, nextHop);
    }
  }

  [Symbol.dispose](): void {
    this.#hearing?.[Symbol.dispose]();
    this.#packet.close();
    this.#udp?.close();
  }

  #raw(message: Message, source: Ip, destination: Ip, destinationMac: Mac): void {
    const addressing = { source, destination, sourceMac: this.link.mac, destinationMac };
    send(this.#packet, encodeFrame(addressing, encodeMessage(message)));
  }
}

/**
 * A UDP socket of an address; undefined when the link does not have it. Without one the container's
 * kernel would answer the server with "port unreachable" (ICMP).
 */
export function openUdp(netns: Netns, ifName: string, address: Ip | undefined): Fd | undefined {
  if (address === undefined) return undefined;
  const udp = netns.run(() => socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  try {
    setsockopt(udp, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt(udp, SOL_SOCKET, SO_BROADCAST, 1);
    setsockopt(udp, SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${ifName}\0`));
    bind(udp, inetAddress(address.bytes, CLIENT_PORT));
    return udp;
  } catch {
    udp.close();
    return undefined;
  }
}
