import { Ip, Mac } from "../addr/index.ts";
import { ByteReader, ByteWriter } from "../bytes/index.ts";
import {
  BOOTREPLY,
  BOOTREQUEST,
  FLAG_BROADCAST,
  HTYPE_ETHERNET,
  MAGIC_COOKIE,
  MIN_MESSAGE,
  OptionCode,
} from "./constant.ts";
import { decodeOptions, encodeOptions, type Options } from "./options.ts";

const MAC_LENGTH = 6;
const CHADDR_LENGTH = 16;
const SNAME_LENGTH = 64;
const FILE_LENGTH = 128;

/** A DHCP message, as far as a client deals with it. */
export interface Message {
  readonly op: typeof BOOTREQUEST | typeof BOOTREPLY;
  /** Transaction: the answer bears that of the question. */
  readonly xid: number;
  /** Seconds since the client began. */
  readonly secs: number;
  readonly broadcast: boolean;
  /** The client's address, where it has one already. */
  readonly ciaddr: Ip;
  /** The address that the server gives. */
  readonly yiaddr: Ip;
  /** The relay that the message came through. */
  readonly giaddr: Ip;
  readonly chaddr: Mac;
  /** Option 53, one of `MessageType`. */
  readonly type: number;
  readonly options: Options;
}

export const UNSPECIFIED: Ip = Ip.parse("0.0.0.0");

/** Writes a message, filled up to the size that old relays insist on. */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new ByteWriter(MIN_MESSAGE);
  writer.u8(message.op).u8(HTYPE_ETHERNET).u8(MAC_LENGTH).u8(0);
  writer.u32be(message.xid).u16be(Math.min(message.secs, 0xffff));
  writer.u16be(message.broadcast ? FLAG_BROADCAST : 0);
  writer.bytes(message.ciaddr.bytes).bytes(message.yiaddr.bytes);
  writer.zero(4).bytes(message.giaddr.bytes);
  writer.bytes(message.chaddr.bytes).zero(CHADDR_LENGTH - MAC_LENGTH);
  writer.zero(SNAME_LENGTH + FILE_LENGTH).u32be(MAGIC_COOKIE);
  const type: [number, Uint8Array] = [OptionCode.MESSAGE_TYPE, Uint8Array.of(message.type)];
  writer.bytes(encodeOptions(new Map([type, ...message.options])));
  if (writer.length < MIN_MESSAGE) writer.zero(MIN_MESSAGE - writer.length);
  return writer.finish();
}

/**
 * Reads a message. undefined for what is no DHCP message of Ethernet, or a broken one: a socket
 * that listens on a link receives all kinds of packets.
 */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  try {
    return decode(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decode(reader: ByteReader): Message | undefined {
  const op = reader.u8();
  if (op !== BOOTREQUEST && op !== BOOTREPLY) return undefined;
  if (reader.u8() !== HTYPE_ETHERNET || reader.u8() !== MAC_LENGTH) return undefined;
  reader.skip(1);
  const xid = reader.u32be();
  const secs = reader.u16be();
  const broadcast = (reader.u16be() & FLAG_BROADCAST) !== 0;
  const ciaddr = Ip.fromBytes(reader.bytes(4));
  const yiaddr = Ip.fromBytes(reader.bytes(4));
  const giaddr = Ip.fromBytes(reader.skip(4).bytes(4));
  const chaddr = Mac.fromBytes(reader.slice(CHADDR_LENGTH).subarray(0, MAC_LENGTH));
  const sname = reader.slice(SNAME_LENGTH);
  const file = reader.slice(FILE_LENGTH);
  if (reader.u32be() !== MAGIC_COOKIE) return undefined;
  const options = decodeOptions(reader.slice(reader.remaining), { file, sname });
  const type = options.get(OptionCode.MESSAGE_TYPE);
  if (type?.length !== 1) return undefined;
  return {
    op,
    xid,
    secs,
    broadcast,
    ciaddr,
    yiaddr,
    giaddr,
    chaddr,
    options,
    type: type[0] as number,
  };
}
