import { Ip, Mac } from "../addr/index.ts";
import { ByteReader, ByteWriter, internetChecksum } from "../bytes/index.ts";
import { CLIENT_PORT, SERVER_PORT } from "./constant.ts";

/** EtherType of IPv4. */
const IPV4 = 0x0800;
const UDP = 17;
const VERSION_AND_LENGTH = 0x45;
const TTL = 64;
const DONT_FRAGMENT = 0x4000;
const ETHERNET_HEADER = 14;
const IP_HEADER = 20;
const UDP_HEADER = 8;

export const BROADCAST_MAC: Mac = Mac.parse("ff:ff:ff:ff:ff:ff");
export const BROADCAST_IP: Ip = Ip.parse("255.255.255.255");

/** Source and destination of a frame. */
export interface Addressing {
  readonly sourceMac: Mac;
  readonly source: Ip;
  readonly destinationMac: Mac;
  readonly destination: Ip;
}

/** What arrived from a server's port at a client's port. */
export interface Arrival {
  readonly sourceMac: Mac;
  readonly source: Ip;
  readonly payload: Uint8Array;
}

/** An Ethernet frame with a message from the client's port to the server's. */
export function encodeFrame(to: Addressing, payload: Uint8Array): Uint8Array {
  const udpLength = UDP_HEADER + payload.length;
  const writer = new ByteWriter(ETHERNET_HEADER + IP_HEADER + udpLength);
  writer.bytes(to.destinationMac.bytes).bytes(to.sourceMac.bytes).u16be(IPV4);
  const header = (checksum: number): ByteWriter =>
    new ByteWriter(IP_HEADER)
      .u8(VERSION_AND_LENGTH)
      .u8(0)
      .u16be(IP_HEADER + udpLength)
      .u16be(0)
      .u16be(DONT_FRAGMENT)
      .u8(TTL)
      .u8(UDP)
      .u16be(checksum)
      .bytes(to.source.bytes)
      .bytes(to.destination.bytes);
  writer.bytes(header(internetChecksum(header(0).finish())).finish());
  const pseudo = new ByteWriter(12 + udpLength)
    .bytes(to.source.bytes)
    .bytes(to.destination.bytes)
    .u8(0)
    .u8(UDP)
    .u16be(udpLength)
    .bytes(udp(udpLength, 0))
    .bytes(payload);
  // 0 would say that there is none; both are zero in this arithmetic.
  const checksum = internetChecksum(pseudo.finish()) || 0xffff;
  return writer.bytes(udp(udpLength, checksum)).bytes(payload).finish();
}

/**
 * Takes a frame apart; undefined for what is no whole datagram to a client. The checksum of UDP is
 * not looked at: between links of one machine the kernel does not fill it in.
 */
export function decodeFrame(frame: Uint8Array): Arrival | undefined {
  try {
    return decode(new ByteReader(frame));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decode(reader: ByteReader): Arrival | undefined {
  const sourceMac = Mac.fromBytes(reader.skip(6).bytes(6));
  if (reader.u16be() !== IPV4) return undefined;
  const first = reader.u8();
  const headerLength = (first & 0x0f) * 4;
  if (first >> 4 !== 4 || headerLength < IP_HEADER) return undefined;
  const totalLength = reader.skip(1).u16be();
  // More fragments, or not the first one: servers do not send such.
  if ((reader.skip(2).u16be() & 0x3fff) !== 0) return undefined;
  if (reader.skip(1).u8() !== UDP) return undefined;
  const source = Ip.fromBytes(reader.skip(2).bytes(4));
  reader.skip(4 + headerLength - IP_HEADER);
  const sourcePort = reader.u16be();
  const destinationPort = reader.u16be();
  const udpLength = reader.u16be();
  if (sourcePort !== SERVER_PORT || destinationPort !== CLIENT_PORT) return undefined;
  if (udpLength < UDP_HEADER || headerLength + udpLength > totalLength) return undefined;
  return { sourceMac, source, payload: reader.skip(2).slice(udpLength - UDP_HEADER) };
}

function udp(length: number, checksum: number): Uint8Array {
  const writer = new ByteWriter(UDP_HEADER).u16be(CLIENT_PORT).u16be(SERVER_PORT);
  return writer.u16be(length).u16be(checksum).finish();
}
