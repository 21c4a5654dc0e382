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
  AF_PACKET,
  attachFilter,
  bind,
  ETH_P_IP,
  type Fd,
  type FilterInstruction,
  hear,
  inetAddress,
  packetAddress,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  send,
  setsockopt,
  socket,
} from "../../../kernel/sys/index.ts";
import { findLink, inNetns, type OwnLink } from "../netns-ref.ts";
import type { NetnsRef } from "../protocol.ts";

// linux/bpf_common.h
const LDH_ABS = 0x28;
const LDH_IND = 0x48;
const LDB_ABS = 0x30;
const LDX_MSH = 0xb1;
const JEQ = 0x15;
const RET = 0x06;
const UDP = 17;
const WHOLE = 0x40000;

/** Datagrams of IPv4 to the client's port; the rest of a busy link never wakes the process. */
const TO_CLIENTS: readonly FilterInstruction[] = [
  { code: LDH_ABS, k: 12 },
  { code: JEQ, k: ETH_P_IP, jf: 6 },
  { code: LDB_ABS, k: 23 },
  { code: JEQ, k: UDP, jf: 4 },
  { code: LDX_MSH, k: 14 },
  { code: LDH_IND, k: 16 },
  { code: JEQ, k: CLIENT_PORT, jf: 1 },
  { code: RET, k: WHOLE },
  { code: RET, k: 0 },
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
      const packet = openPacket(netns, own.index);
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

function openPacket(netns: Netns, linkIndex: number): Fd {
  // Without a protocol the socket receives nothing until it is bound, with the filter attached.
  const packet = netns.run(() => socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0));
  try {
    attachFilter(packet, TO_CLIENTS);
    bind(packet, packetAddress(linkIndex, ETH_P_IP));
    return packet;
  } catch (error) {
    packet.close();
    throw error;
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
