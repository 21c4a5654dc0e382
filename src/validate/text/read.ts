import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { CONFIG_LIMIT } from "../../runtime/index.ts";

/** A file as it lies on the disk. */
export interface RawFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/**
 * Reads a regular file whole, as bytes: what is no UTF-8 is a finding of its own.
 * @throws the system's error, or one for what is no regular file or too large
 */
export function readRaw(file: string): RawFile {
  // A named pipe without a writer would hang the reader.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error("it is no regular file");
    if (stat.size > CONFIG_LIMIT) throw new Error(`it is larger than ${CONFIG_LIMIT} bytes`);
    return { bytes: readFileSync(fd), mode: stat.mode & 0o777 };
  } finally {
    closeSync(fd);
  }
}

/** The text of a file, and where its first byte is that belongs to no UTF-8. */
export interface DecodedText {
  readonly text: string;
  /** In the text; undefined when all of it is UTF-8. */
  readonly invalidAt?: number;
  /** The encoding that it seems to have in place of UTF-8. */
  readonly seems?: string;
}

const REPLACEMENT = "\ufffd";

/** Decodes UTF-8, a byte order mark as a character of its own. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const [first, second] = bytes;
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isWide) return { text, invalidAt: 0, seems: "UTF-16" };
  let from = 0;
  let byte = 0;
  for (;;) {
    const at = text.indexOf(REPLACEMENT, from);
    if (at === -1) return { text };
    byte += Buffer.byteLength(text.slice(from, at));
    // The character itself may well stand in a file; in place of a broken byte it does not.
    const isReal = bytes[byte] === 0xef && bytes[byte + 1] === 0xbf && bytes[byte + 2] === 0xbd;
    if (!isReal) return { text, invalidAt: at };
    byte += 3;
    from = at + 1;
  }
}
