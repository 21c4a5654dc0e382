import type { Ip, Mac } from "../../addr/index.ts";
import { ByteWriter, internetChecksum } from "../../bytes/index.ts";

// linux/if_ether.h
export const ETH_P_ARP = 0x0806;
export const ETH_P_IPV6 = 0x86dd;

// linux/if_arp.h
const ARPHRD_ETHER = 1;
const ARPOP_REPLY = 2;
const ETH_P_IP = 0x0800;

// RFC 4861, sections 4.4 and 4.6.1
const IPPROTO_ICMPV6 = 58;
const NDISC_NEIGHBOUR_ADVERTISEMENT = 136;
const FLAG_OVERRIDE = 0x20000000;
const ND_OPT_TARGET_LL_ADDR = 2;
const HOP_LIMIT = 255;
/** Type, code, checksum, flags, target and one option of eight bytes. */
const ADVERTISEMENT_SIZE = 32;

const BROADCAST = new Uint8Array(6).fill(0xff);
/** All nodes of the link, ff02::1, and its MAC (RFC 2464, section 7). */
const ALL_NODES = Uint8Array.from([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
const ALL_NODES_MAC = Uint8Array.from([0x33, 0x33, 0, 0, 0, 1]);

/** The frame by which an address tells all of its link where it is. */
export function announcement(ip: Ip, mac: Mac): Uint8Array {
  return ip.family === 4 ? gratuitousArp(ip, mac) : neighbourAdvertisement(ip, mac);
}

/**
 * An ARP reply without a request. Linux believes one at once only when sender and target are
 * the same in full (RFC 5944, section 4.6).
 */
function gratuitousArp(ip: Ip, mac: Mac): Uint8Array {
  return ethernet(BROADCAST, mac, ETH_P_ARP)
    .u16be(ARPHRD_ETHER)
    .u16be(ETH_P_IP)
    .u8(mac.bytes.length)
    .u8(ip.bytes.length)
    .u16be(ARPOP_REPLY)
    .bytes(mac.bytes)
    .bytes(ip.bytes)
    .bytes(mac.bytes)
    .bytes(ip.bytes)
    .finish();
}

/** An unsolicited neighbour advertisement (RFC 4861, section 7.2.6). */
function neighbourAdvertisement(ip: Ip, mac: Mac): Uint8Array {
  const advertisement = (checksum: number): Uint8Array =>
    new ByteWriter()
      .u8(NDISC_NEIGHBOUR_ADVERTISEMENT)
      .u8(0)
      .u16be(checksum)
      .u32be(FLAG_OVERRIDE)
      .bytes(ip.bytes)
      .u8(ND_OPT_TARGET_LL_ADDR)
      .u8(1)
      .bytes(mac.bytes)
      .finish();
  const pseudoHeader = new ByteWriter()
    .bytes(ip.bytes)
    .bytes(ALL_NODES)
    .u32be(ADVERTISEMENT_SIZE)
    .u32be(IPPROTO_ICMPV6);
  const summed = pseudoHeader.bytes(advertisement(0)).finish();
  return ethernet(ALL_NODES_MAC, mac, ETH_P_IPV6)
    .u32be(0x60000000)
    .u16be(ADVERTISEMENT_SIZE)
    .u8(IPPROTO_ICMPV6)
    .u8(HOP_LIMIT)
    .bytes(ip.bytes)
    .bytes(ALL_NODES)
    .bytes(advertisement(internetChecksum(summed)))
    .finish();
}

function ethernet(to: Uint8Array, from: Mac, type: number): ByteWriter {
  return new ByteWriter().bytes(to).bytes(from.bytes).u16be(type);
}
