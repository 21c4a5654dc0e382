import {
  type AttributeTable,
  attributes,
  bytes,
  cString,
  mapped,
  truth,
  u8,
  u32,
} from "../../netlink/index.ts";

// linux/fib_rules.h
const FRA_DST = 1;
const FRA_SRC = 2;
const FRA_IIFNAME = 3;
const FRA_GOTO = 4;
const FRA_PRIORITY = 6;
const FRA_FWMARK = 10;
const FRA_SUPPRESS_PREFIXLEN = 14;
const FRA_TABLE = 15;
const FRA_FWMASK = 16;
const FRA_OIFNAME = 17;
const FRA_L3MDEV = 19;
const FRA_PROTOCOL = 21;

/** What the kernel writes when nothing is suppressed. */
const NO_SUPPRESSION = 0xffffffff;

/** The attributes of a rule message. */
interface RuleTable {
  readonly src?: Uint8Array | undefined;
  readonly dst?: Uint8Array | undefined;
  readonly iif?: string | undefined;
  readonly oif?: string | undefined;
  readonly mark?: number | undefined;
  readonly mask?: number | undefined;
  readonly table?: number | undefined;
  readonly priority?: number | undefined;
  readonly goto?: number | undefined;
  readonly l3mdev?: boolean | undefined;
  readonly suppressPrefixLength?: number | undefined;
  readonly protocol?: number | undefined;
}

export const ruleTable: AttributeTable<RuleTable> = attributes<RuleTable>({
  src: bytes(FRA_SRC),
  dst: bytes(FRA_DST),
  iif: cString(FRA_IIFNAME),
  oif: cString(FRA_OIFNAME),
  mark: u32(FRA_FWMARK),
  mask: u32(FRA_FWMASK),
  table: u32(FRA_TABLE),
  priority: u32(FRA_PRIORITY),
  goto: u32(FRA_GOTO),
  l3mdev: mapped(truth(u8(FRA_L3MDEV)), Boolean, (isOn) => isOn || null),
  suppressPrefixLength: mapped(u32(FRA_SUPPRESS_PREFIXLEN), Number, (length) =>
    length === NO_SUPPRESSION ? null : length,
  ),
  protocol: u8(FRA_PROTOCOL),
});
