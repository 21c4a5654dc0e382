import { Ip } from "../../../addr/index.ts";
import { CLIENT_PORT, encodeMessage, type Message, SERVER_PORT } from "../../../dhcp6/index.ts";
import type { Netns } from "../../../kernel/netns/index.ts";
import {
  address,
  link,
  type RouteSocket,
  RTNLGRP_IPV6_IFADDR,
} from "../../../kernel/route/index.ts";
import {
  AF_INET6,
  bind,
  type Fd,
  hear,
  inet6Address,
  SO_BINDTODEVICE,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  send,
  setsockopt,
  socket,
} from "../../../kernel/sys/index.ts";
import { waitFor } from "../../../state/events/index.ts";
import { enableIpv6, setBestEffort, tryAgain } from "../../../state/index.ts";
import {
  findLink,
  hasCarrier,
  inNetns,
  noCarrier,
  type OwnLink,
  openNetnsRef,
} from "../netns-ref.ts";
import type { NetnsRef } from "../protocol.ts";

/** All_DHCP_Relay_Agents_and_Servers (RFC 8415, 7.1). */
const ALL_SERVERS = Ip.parse("ff02::1:2");
const ANY = Ip.parse("::");
/** Longest wait for a link-local address that no other machine of the link has, in milliseconds. */
const LINK_LOCAL_MS = 5000;

/** The link to use, and what to do with what arrives on it. */
export interface WireOptions {
  readonly netns: NetnsRef;
  readonly ifName: string;
  /** Whether the kernel may take addresses and routes from advertisements on a link that is set up. */
  readonly acceptRA: boolean;
  readonly received: (payload: Uint8Array) => void;
  /** The link went down or away. */
  readonly lost: () => void;
}

/**
 * A link of a container, for the time of one transaction: a UDP socket of the client's port. Messages
 * leave from the link-local address, which the kernel gives to a link that is up.
 */
export class Wire6 implements Disposable {
  readonly link: OwnLink;
  /** The link was down, and has been set up for the transaction. */
  readonly broughtUp: boolean;
  readonly #udp: Fd;
  #hearing: Disposable | undefined;

  private constructor(own: OwnLink, udp: Fd) {
    this.link = own;
    this.broughtUp = !own.up;
    this.#udp = udp;
  }

  /**
   * @throws NetnsGone when namespace or link are not there; CniError of code 11 when the link gets no
   * link-local address
   */
  static async open(options: WireOptions): Promise<Wire6> {
    const { netns, ifName } = options;
    const own = inNetns(netns, (rtnetlink, entered) => setUp(rtnetlink, entered, options));
    await linkLocal(netns, ifName);
    const udp = inNetns(netns, (_, entered) => openUdp6(entered, ifName));
    const wire = new Wire6(own, udp);
    try {
      wire.#hearing = await hear(udp, { datagram: options.received, end: options.lost });
      return wire;
    } catch (error) {
      wire[Symbol.dispose]();
      throw error;
    }
  }

  /** Sends to every server and relay on the link. */
  multicast(message: Message): void {
    sendToServers(this.#udp, this.link.index, message);
  }

  [Symbol.dispose](): void {
    this.#hearing?.[Symbol.dispose]();
    this.#udp.close();
  }
}

/** Sends a message to every server and relay on a link. */
export function sendToServers(udp: Fd, linkIndex: number, message: Message): void {
  send(udp, encodeMessage(message), 0, inet6Address(ALL_SERVERS.bytes, SERVER_PORT, linkIndex));
}

/** A UDP socket of the client's port that receives on one link alone. */
export function openUdp6(netns: Netns, ifName: string): Fd {
  const udp = netns.run(() => socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  try {
    setsockopt(udp, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt(udp, SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${ifName}\0`));
    bind(udp, inet6Address(ANY.bytes, CLIENT_PORT, 0));
    return udp;
  } catch (error) {
    udp.close();
    throw error;
  }
}

/** Sets a link up with IPv6, and without what advertisements would add to it. */
function setUp(rtnetlink: RouteSocket, netns: Netns, options: WireOptions): OwnLink {
  const { ifName, acceptRA } = options;
  const own = findLink(rtnetlink, ifName);
  netns.run(() => {
    enableIpv6(ifName);
    // A link that is up already has been set as its plugin wants it.
    if (!own.up && !acceptRA) setBestEffort(`net/ipv6/conf/${ifName}/accept_ra`, "0");
  });
  if (!own.up) link.set(rtnetlink, own.index, { up: true });
  return own;
}

/** Waits until the link has a link-local address and duplicate address detection has let it pass. */
async function linkLocal(ref: NetnsRef, ifName: string): Promise<void> {
  using netns = openNetnsRef(ref);
  const found = await waitFor({
    netns,
    groups: [RTNLGRP_IPV6_IFADDR],
    look: () => inNetns(ref, (rtnetlink) => hasLinkLocal(rtnetlink, ifName) || undefined),
    timeoutMs: LINK_LOCAL_MS,
  });
  if (found !== true) {
    if (!hasCarrier(ref, ifName)) throw noCarrier(ifName);
    throw tryAgain(`interface ${ifName} has no IPv6 link-local address: DHCPv6 needs one`);
  }
}

function hasLinkLocal(rtnetlink: RouteSocket, ifName: string): boolean {
  const { index } = findLink(rtnetlink, ifName);
  return address
    .list(rtnetlink, { index, family: 6 })
    .some(({ prefix, tentative, dadFailed }) => prefix.ip.isLinkLocal && !tentative && !dadFailed);
}
