/** The frames of the protocol between entry programs and the daemon; native/entry.c has the other side. */
import { ByteReader, ByteWriter } from "../../bytes/index.ts";

/** The version that is spoken, and the oldest that is understood. */
export const PROTOCOL = 1;
export const OLDEST_PROTOCOL = 1;

export const Kind = {
  /** Entry: what is to be done. */
  REQUEST: 1,
  /** Daemon: there is a place, and it begins when told. */
  OFFER: 2,
  /** Daemon: it will not do this one, now or ever; it has not begun. */
  BUSY: 3,
  /** Daemon: the version of the request is not one it knows; its own stands in the header. */
  VERSION: 4,
  /** Entry: begin. */
  GO: 5,
  /** Daemon: text for people. */
  STDERR: 6,
  /** Daemon: exit code and stdout; the last frame. */
  ANSWER: 7,
} as const;

export type Kind = (typeof Kind)[keyof typeof Kind];

export const HEADER_LENGTH = 12;
/** The longest request, header included. */
export const REQUEST_MAX: number = 8 * 1024 * 1024;

const MAGIC = 0x52535748; // "HWSR", read as a little-endian number

export interface FrameHeader {
  readonly version: number;
  readonly kind: number;
  /** Of the payload that follows, in bytes. */
  readonly length: number;
}

/** Throws RangeError when it is no header. */
export function decodeHeader(bytes: Uint8Array): FrameHeader {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== MAGIC) throw new RangeError("no frame: it does not begin with HWSR");
  return { version: reader.u16(), kind: reader.u16(), length: reader.u32() };
}

export function encodeFrame(
  version: number,
  kind: Kind,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  return new ByteWriter(HEADER_LENGTH + payload.length)
    .u32(MAGIC)
    .u16(version)
    .u16(kind)
    .u32(payload.length)
    .bytes(payload)
    .finish();
}

/** The frame that ends a call. */
export function encodeAnswer(
  version: number,
  exitCode: number,
  stdout: string,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(stdout);
  const payload = new ByteWriter(4 + text.length).u32(exitCode).bytes(text).finish();
  return encodeFrame(version, Kind.ANSWER, payload);
}
