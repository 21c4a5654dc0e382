import { Ip, Mac } from "../addr/index.ts";
import { ByteReader, ByteWriter, internetChecksum } from "../bytes/index.ts";
import {
  ETHERNET_HEADER,
  HOP_LIMIT,
  IP6_HEADER,
  IPPROTO_ICMPV6,
  IPV6,
  ND_ROUTER_SOLICIT,
} from "./constant.ts";

/** ff02::2 and the Ethernet group of it: every router on the link. */
const ALL_ROUTERS = Ip.parse("ff02::2");
const ALL_ROUTERS_MAC = Mac.parse("33:33:00:00:00:02");
const UNSPECIFIED = Ip.parse("::");

/** An ICMPv6 message as it came by Ethernet. */
export interface Icmp6Packet {
  readonly sourceMac: Mac;
  readonly source: Ip;
  /** From the type on. */
  readonly message: Uint8Array;
}

/**
 * Takes a frame apart as neighbour discovery wants it (RFC 4861, 6.1.2): whole, unfragmented, with
 * hop limit 255 and the right checksum; undefined for every other frame.
 */
export function decodeFrame(frame: Uint8Array): Icmp6Packet | undefined {
  try {
    return decode(new ByteReader(frame));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decode(reader: ByteReader): Icmp6Packet | undefined {
  const sourceMac = Mac.fromBytes(reader.skip(6).bytes(6));
  if (reader.u16be() !== IPV6 || reader.u8() >> 4 !== 6) return undefined;
  const length = reader.skip(3).u16be();
  if (reader.u8() !== IPPROTO_ICMPV6 || reader.u8() !== HOP_LIMIT) return undefined;
  const source = Ip.fromBytes(reader.bytes(16));
  const destination = Ip.fromBytes(reader.bytes(16));
  const message = reader.bytes(length);
  if (checksum(source, destination, message) !== 0) return undefined;
  return { sourceMac, source, message };
}

/**
 * A frame by which the routers of a link are asked to advertise themselves at once (RFC 4861, 6.3.7).
 * It comes from the unspecified address, so that the link needs no address of its own yet: the answer
 * goes to all nodes.
 */
export function solicitationFrame(mac: Mac): Uint8Array {
  // Type, code, checksum, reserved. Without a source address no option may name the hardware address.
  const message = new ByteWriter(8).u8(ND_ROUTER_SOLICIT).u8(0).u16be(0).u32be(0).finish();
  const sum = checksum(UNSPECIFIED, ALL_ROUTERS, message);
  new DataView(message.buffer, message.byteOffset).setUint16(2, sum, false);
  return new ByteWriter(ETHERNET_HEADER + IP6_HEADER + message.length)
    .bytes(ALL_ROUTERS_MAC.bytes)
    .bytes(mac.bytes)
    .u16be(IPV6)
    .u32be(0x60000000)
    .u16be(message.length)
    .u8(IPPROTO_ICMPV6)
    .u8(HOP_LIMIT)
    .bytes(UNSPECIFIED.bytes)
    .bytes(ALL_ROUTERS.bytes)
    .bytes(message)
    .finish();
}

/** Over the pseudo-header of RFC 8200, 8.1; 0 for a message whose own checksum is right. */
function checksum(source: Ip, destination: Ip, message: Uint8Array): number {
  const pseudo = new ByteWriter(IP6_HEADER + message.length)
    .bytes(source.bytes)
    .bytes(destination.bytes)
    .u32be(message.length)
    .u32be(IPPROTO_ICMPV6)
    .bytes(message);
  return internetChecksum(pseudo.finish());
}
