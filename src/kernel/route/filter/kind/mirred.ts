import { layout } from "../../../../bytes/index.ts";
import { type AttributeTable, attributes, struct } from "../../../netlink/index.ts";

// linux/tc_act/tc_mirred.h
const TCA_MIRRED_PARMS = 2;
export const TCA_EGRESS_REDIR = 1;
export const TCA_EGRESS_MIRROR = 2;
export const TCA_INGRESS_REDIR = 3;
export const TCA_INGRESS_MIRROR = 4;
// linux/pkt_cls.h
export const TC_ACT_PIPE = 3;
export const TC_ACT_STOLEN = 4;

/** Packets go to another link. */
export interface MirredInfo {
  /** TCA_EGRESS_REDIR and the like: leaves by the other link, or comes in there; moved or copied. */
  readonly action: number;
  /** Index of the other link; 0 when it is gone. */
  readonly index: number;
  /** What becomes of the packet here: TC_ACT_ number; stolen when it is moved. */
  readonly verdict?: number | undefined;
}

interface MirredTable {
  readonly parms: MirredInfo;
}

/** struct tc_mirred of linux/tc_act/tc_mirred.h. */
const tcMirred = layout<MirredInfo>({
  _index: 4, // index
  _capab: 4, // capab
  verdict: "i32", // action
  _counts: 8, // refcnt, bindcnt
  action: "i32", // eaction
  index: "u32", // ifindex
});

export const mirredTable: AttributeTable<MirredTable> = attributes<MirredTable>({
  parms: struct(TCA_MIRRED_PARMS, tcMirred),
});

/** With the verdict that goes with the action, when none is given. */
export function withVerdict(mirred: MirredInfo): MirredInfo {
  const { action } = mirred;
  const isMove = action === TCA_EGRESS_REDIR || action === TCA_INGRESS_REDIR;
  return { ...mirred, verdict: mirred.verdict ?? (isMove ? TC_ACT_STOLEN : TC_ACT_PIPE) };
}
