import { Ip, Mac } from "../../src/addr/index.ts";
import { ByteWriter, internetChecksum } from "../../src/bytes/index.ts";
import { Netns } from "../../src/kernel/netns/index.ts";
import { link, RouteSocket } from "../../src/kernel/route/index.ts";
import { AF_PACKET, packetAddress, SOCK_RAW, send, socket } from "../../src/kernel/sys/index.ts";

const ETH_P_IPV6 = 0x86dd;
const ALL_NODES = Ip.parse("ff02::1").bytes;
const ALL_NODES_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
const ROUTER = Ip.parse("fe80::bad").bytes;
const ICMPV6 = 58;
const ROUTER_ADVERTISEMENT = 134;
const LIFETIME_S = 1_800;
/** Advertisement and one prefix option (RFC 4861, sections 4.2 and 4.6.2). */
const SIZE = 48;
const ON_LINK_AND_AUTONOMOUS = 0xc0;

const PREFIX = Ip.parse("2001:db8:bad::").bytes;

/** How addresses of the prefix begin that `advertise` advertises, besides a default route. */
export const ADVERTISED = "2001:db8:bad:0:";

/** Sends an IPv6 router advertisement out of a link of a namespace, as any container can. */
export function advertise(netnsPath: string, ifName: string): void {
  using netns = Netns.open(netnsPath);
  using routes = RouteSocket.open(netns);
  const own = link.get(routes, { name: ifName });
  if (own?.address === undefined) throw new Error(`no link ${ifName} in ${netnsPath}`);
  using packets = netns.run(() => socket(AF_PACKET, SOCK_RAW, 0));
  const to = packetAddress(own.index, ETH_P_IPV6);
  send(packets, advertisement(Mac.parse(own.address)), 0, to);
}

/** The frame with which a router advertises itself and its prefix. */
export function advertisement(from: Mac): Uint8Array {
  const message = (checksum: number): Uint8Array =>
    new ByteWriter()
      .u8(ROUTER_ADVERTISEMENT)
      .u8(0)
      .u16be(checksum)
      .u8(64) // hop limit
      .u8(0)
      .u16be(LIFETIME_S)
      .u32be(0)
      .u32be(0)
      .u8(3) // prefix information
      .u8(4)
      .u8(64)
      .u8(ON_LINK_AND_AUTONOMOUS)
      .u32be(LIFETIME_S)
      .u32be(LIFETIME_S)
      .u32be(0)
      .bytes(PREFIX)
      .finish();
  const summed = new ByteWriter()
    .bytes(ROUTER)
    .bytes(ALL_NODES)
    .u32be(SIZE)
    .u32be(ICMPV6)
    .bytes(message(0))
    .finish();
  return new ByteWriter()
    .bytes(ALL_NODES_MAC)
    .bytes(from.bytes)
    .u16be(ETH_P_IPV6)
    .u32be(0x60000000)
    .u16be(SIZE)
    .u8(ICMPV6)
    .u8(255)
    .bytes(ROUTER)
    .bytes(ALL_NODES)
    .bytes(message(internetChecksum(summed)))
    .finish();
}
