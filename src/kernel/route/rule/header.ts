import type { ByteReader, ByteWriter } from "../../../bytes/index.ts";

// linux/fib_rules.h
export const FR_ACT_TO_TBL = 1;
export const FR_ACT_GOTO = 2;
export const FR_ACT_NOP = 3;
export const FR_ACT_BLACKHOLE = 6;
export const FR_ACT_UNREACHABLE = 7;
export const FR_ACT_PROHIBIT = 8;
export const FIB_RULE_PERMANENT = 1;
export const FIB_RULE_INVERT = 2;

/** struct fib_rule_hdr of linux/fib_rules.h. */
export interface RuleHeader {
  readonly family: number;
  readonly dstLength: number;
  readonly srcLength: number;
  readonly tos: number;
  /** The table when it is below 256; else FRA_TABLE has it. */
  readonly table: number;
  readonly action: number;
  readonly flags: number;
}

export function encodeHeader(writer: ByteWriter, header: Partial<RuleHeader>): ByteWriter {
  return writer
    .u8(header.family ?? 0) // family
    .u8(header.dstLength ?? 0) // dst_len
    .u8(header.srcLength ?? 0) // src_len
    .u8(header.tos ?? 0) // tos
    .u8(header.table ?? 0) // table
    .u8(0) // res1
    .u8(0) // res2
    .u8(header.action ?? 0) // action
    .u32(header.flags ?? 0); // flags
}

export function decodeHeader(reader: ByteReader): RuleHeader {
  const family = reader.u8(); // family
  const dstLength = reader.u8(); // dst_len
  const srcLength = reader.u8(); // src_len
  const tos = reader.u8(); // tos
  const table = reader.u8(); // table
  reader.skip(2); // res1, res2
  const action = reader.u8(); // action
  return { family, dstLength, srcLength, tos, table, action, flags: reader.u32() }; // flags
}
