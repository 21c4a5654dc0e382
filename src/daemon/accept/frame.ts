/** The frames of the protocol between entry programs and the daemon; native/entry.c has the other side. */
import { ByteWriter } from "../../bytes/index.ts";

/** The version of the protocol, and the oldest one that is understood. */
export const PROTOCOL = 1;
export const OLDEST_PROTOCOL = 1;

export const Kind = {
  /** Entry: the call. The file that decides its owner comes with it, see turn.ts. */
  REQUEST: 1,
  /** Daemon: the call has not begun here and never will. */
  BUSY: 2,
  /** Daemon: the version of the request is unknown; the header has the daemon's own. */
  VERSION: 3,
  /** Daemon: text for people. */
  STDERR: 4,
  /** Daemon: exit code and stdout; the last frame. */
  ANSWER: 5,
} as const;

export type Kind = (typeof Kind)[keyof typeof Kind];

export const HEADER_LENGTH = 12;
/** The longest request, header included: a longer one would take the thread that serves all too long. */
export const REQUEST_MAX: number = 256 * 1024;
/** The longest text of an answer that entry programs take, in bytes. */
export const ANSWER_MAX: number = 32 * 1024 * 1024 - 4;

const MAGIC = 0x52535748; // "HWSR", read as a little-endian number

export interface FrameHeader {
  readonly version: number;
  readonly kind: number;
  /** Of the payload that follows, in bytes. */
  readonly length: number;
}

/** @throws RangeError when the bytes are no header */
export function decodeHeader(bytes: Uint8Array): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) {
    throw new RangeError("no frame: it does not begin with HWSR");
  }
  const [version, kind] = [view.getUint16(4, true), view.getUint16(6, true)];
  return { version, kind, length: view.getUint32(8, true) };
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
