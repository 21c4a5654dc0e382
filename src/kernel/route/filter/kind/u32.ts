import { defined } from "../../../../base/index.ts";
import { ByteReader, type ByteWriter } from "../../../../bytes/index.ts";
import { type AttributeWriter, attributes, u32 } from "../../../netlink/index.ts";
import { type Action, decodeActions, encodeActions } from "./action.ts";

// linux/pkt_cls.h
const TCA_U32_CLASSID = 1;
const TCA_U32_SEL = 5;
const TCA_U32_ACT = 7;
const TC_U32_TERMINAL = 1;

/** Compares 32 bits of a packet. */
export interface U32Key {
  /** Bits that are compared; 0 matches everything. */
  readonly mask: number;
  readonly value: number;
  /** Bytes from the start of the network header. */
  readonly offset: number;
}

/** A filter of kind `u32`: matches packets of which every key is right. */
export interface U32Info {
  readonly classId?: number | undefined;
  readonly keys: readonly U32Key[];
  readonly actions: readonly Action[];
}

/** The key that every packet has. */
export const ANY_PACKET: U32Key = { mask: 0, value: 0, offset: 0 };

interface U32Table {
  readonly classId?: number | undefined;
  readonly actions?: readonly Action[] | undefined;
  readonly keys?: readonly U32Key[];
}

/** In the order of `tc`. */
const u32Table = attributes<U32Table>({
  classId: u32(TCA_U32_CLASSID),
  actions: {
    type: TCA_U32_ACT,
    write: (writer, type, actions) =>
      writer.unmarkedNested(type, (list) => encodeActions(list, actions)),
    read: (memory, start, length) => decodeActions(memory.subarray(start, start + length)),
  },
  keys: {
    type: TCA_U32_SEL,
    write: (writer, type, keys) => writer.struct(type, (selector) => encodeKeys(selector, keys)),
    read: (memory, start, length) => decodeKeys(memory.subarray(start, start + length)),
  },
});

export function encodeU32(writer: AttributeWriter, { classId, actions, keys }: U32Info): void {
  u32Table.encode(writer, { classId, actions: actions.length > 0 ? actions : undefined, keys });
}

/** undefined for the entries that the kernel keeps for itself, which have no selector. */
export function decodeU32(options: Uint8Array): U32Info | undefined {
  const { classId, actions = [], keys } = u32Table.decode(options, {});
  return keys && { ...defined({ classId }), keys, actions };
}

/** struct tc_u32_sel with its keys. */
function encodeKeys(selector: ByteWriter, keys: readonly U32Key[]): void {
  selector
    .u8(TC_U32_TERMINAL) // flags
    .u8(0) // offshift
    .u8(keys.length) // nkeys
    .zero(13); // padding, offmask, off, offoff, hoff, hmask
  for (const { mask, value, offset } of keys) {
    selector.u32be(mask).u32be(value).i32(offset).i32(0); // mask, val, off, offmask
  }
}

function decodeKeys(selector: Uint8Array): U32Key[] {
  const reader = new ByteReader(selector).skip(2); // flags, offshift
  const count = reader.u8(); // nkeys
  reader.skip(13); // padding, offmask, off, offoff, hoff, hmask
  return Array.from({ length: count }, (): U32Key => {
    const key = { mask: reader.u32be(), value: reader.u32be(), offset: reader.i32() };
    reader.skip(4); // offmask
    return key;
  });
}
