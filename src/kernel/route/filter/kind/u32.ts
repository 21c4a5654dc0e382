import { ByteReader } from "../../../../bytes/index.ts";
import { Attributes, type AttributeWriter } from "../../../netlink/index.ts";
import { present } from "../../present.ts";
import { type Action, decodeActions, encodeActions } from "./action.ts";

// linux/pkt_cls.h
export const TCA_U32_CLASSID = 1;
export const TCA_U32_SEL = 5;
export const TCA_U32_ACT = 7;
export const TC_U32_TERMINAL = 1;

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

export function encodeU32(writer: AttributeWriter, u32: U32Info): void {
  // `tc` writes classid, actions and then the selector.
  if (u32.classId !== undefined) {
    writer.u32(TCA_U32_CLASSID, u32.classId);
  }
  if (u32.actions.length > 0) {
    writer.unmarkedNested(TCA_U32_ACT, (actions) => encodeActions(actions, u32.actions));
  }
  // struct tc_u32_sel with its keys
  writer.struct(TCA_U32_SEL, (selector) => {
    selector
      .u8(TC_U32_TERMINAL) // flags
      .u8(0) // offshift
      .u8(u32.keys.length) // nkeys
      .zero(13); // padding, offmask, off, offoff, hoff, hmask
    for (const { mask, value, offset } of u32.keys) {
      selector.u32be(mask).u32be(value).i32(offset).i32(0); // mask, val, off, offmask
    }
  });
}

/** undefined for the entries that the kernel keeps for itself, which have no selector. */
export function decodeU32(data: Attributes): U32Info | undefined {
  const selector = data.bytes(TCA_U32_SEL);
  if (selector === undefined) {
    return undefined;
  }
  const reader = new ByteReader(selector).skip(2); // flags, offshift
  const count = reader.u8(); // nkeys
  reader.skip(13); // padding, offmask, off, offoff, hoff, hmask
  const keys = Array.from({ length: count }, (): U32Key => {
    const key = { mask: reader.u32be(), value: reader.u32be(), offset: reader.i32() };
    reader.skip(4); // offmask
    return key;
  });
  const actions = data.nested(TCA_U32_ACT);
  return {
    ...present("classId", data.u32(TCA_U32_CLASSID)),
    keys,
    actions: actions === undefined ? [] : decodeActions(actions, (b) => Attributes.parse(b)),
  };
}
