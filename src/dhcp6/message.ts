import { ByteReader, ByteWriter } from "../bytes/index.ts";
import { decodeOptions, encodeOptions, type Option } from "./options.ts";

/** A message between client and server (RFC 8415, section 8). */
export interface Message {
  /** One of `MessageType`. */
  readonly type: number;
  /** Transaction, 24 bits: the answer bears that of the question. */
  readonly xid: number;
  readonly options: readonly Option[];
}

export function encodeMessage({ type, xid, options }: Message): Uint8Array {
  const writer = new ByteWriter().u32be(type * 0x1000000 + xid);
  return writer.bytes(encodeOptions(options)).finish();
}

/** Reads a message; undefined for what is none, or a broken one. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  try {
    const reader = new ByteReader(bytes);
    const head = reader.u32be();
    return {
      type: head >>> 24,
      xid: head & 0xffffff,
      options: decodeOptions(reader.slice(reader.remaining)),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
