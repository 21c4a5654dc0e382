import { ByteReader, ByteWriter } from "../bytes/index.ts";
import { OptionCode } from "./constant.ts";

/** Options by code; the bytes of one that came in pieces are put together (RFC 3396). */
export type Options = ReadonlyMap<number, Uint8Array>;

/** Longest value of one piece. */
const PIECE_MAX = 255;
/** Bits of option 52: which header fields hold options too. */
const OVERLOAD_FILE = 1;
const OVERLOAD_SNAME = 2;

/** The header fields that a server may fill with options. */
export interface OverloadFields {
  readonly file: Uint8Array;
  readonly sname: Uint8Array;
}

/**
 * Reads the options of a message, those in overloaded header fields too.
 * @throws RangeError when an option runs over the end of its field.
 */
export function decodeOptions(area: Uint8Array, fields: OverloadFields): Options {
  const found = new Map<number, Uint8Array>();
  collect(area, found);
  const overload = found.get(OptionCode.OVERLOAD)?.[0] ?? 0;
  // In this order, says RFC 3396. A second option 52 inside them changes nothing.
  if ((overload & OVERLOAD_FILE) !== 0) collect(fields.file, found);
  if ((overload & OVERLOAD_SNAME) !== 0) collect(fields.sname, found);
  return found;
}

/** Writes options in the order of the map, and the end mark. Long values are cut into pieces. */
export function encodeOptions(options: Options): Uint8Array {
  const writer = new ByteWriter();
  for (const [code, value] of options) {
    for (let at = 0; at === 0 || at < value.length; at += PIECE_MAX) {
      const piece = value.subarray(at, at + PIECE_MAX);
      writer.u8(code).u8(piece.length).bytes(piece);
    }
  }
  return writer.u8(OptionCode.END).finish();
}

/** A list of addresses, as in options 3, 6 and 33; undefined unless it is whole and not empty. */
export function addressList(value: Uint8Array | undefined): Uint8Array[] | undefined {
  if (value === undefined || value.length === 0 || value.length % 4 !== 0) return undefined;
  const list: Uint8Array[] = [];
  for (let at = 0; at < value.length; at += 4) list.push(value.slice(at, at + 4));
  return list;
}

/** A number of 32 bits; undefined when the option has another length. */
export function u32Option(value: Uint8Array | undefined): number | undefined {
  return value?.length === 4 ? new ByteReader(value).u32be() : undefined;
}

function collect(area: Uint8Array, found: Map<number, Uint8Array>): void {
  const reader = new ByteReader(area);
  while (reader.remaining > 0) {
    const code = reader.u8();
    if (code === OptionCode.PAD) continue;
    if (code === OptionCode.END) return;
    const value = reader.bytes(reader.u8());
    const before = found.get(code);
    found.set(code, before === undefined ? value : joined(before, value));
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
