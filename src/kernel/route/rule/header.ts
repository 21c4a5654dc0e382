import { type Layout, layout } from "../../../bytes/index.ts";

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

export const fibRuleHdr: Layout<RuleHeader> = layout<RuleHeader>({
  family: "u8", // family
  dstLength: "u8", // dst_len
  srcLength: "u8", // src_len
  tos: "u8", // tos
  table: "u8", // table
  _res: 2, // res1, res2
  action: "u8", // action
  flags: "u32", // flags
});
