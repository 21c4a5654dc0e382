import { ByteReader } from "../../../../bytes/index.ts";
import type { Attributes, AttributeWriter } from "../../../netlink/index.ts";

// linux/tc_act/tc_mirred.h
export const TCA_MIRRED_PARMS = 2;
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

export function encodeMirred(writer: AttributeWriter, mirred: MirredInfo): void {
  const moves = mirred.action === TCA_EGRESS_REDIR || mirred.action === TCA_INGRESS_REDIR;
  // struct tc_mirred
  writer.struct(TCA_MIRRED_PARMS, (parms) => {
    parms
      .u32(0) // index
      .u32(0) // capab
      .i32(mirred.verdict ?? (moves ? TC_ACT_STOLEN : TC_ACT_PIPE)) // action
      .zero(8) // refcnt, bindcnt
      .i32(mirred.action) // eaction
      .u32(mirred.index); // ifindex
  });
}

export function decodeMirred(data: Attributes): MirredInfo | undefined {
  const parms = data.bytes(TCA_MIRRED_PARMS);
  if (parms === undefined) {
    return undefined;
  }
  const reader = new ByteReader(parms).skip(8); // index, capab
  const verdict = reader.i32(); // action
  reader.skip(8); // refcnt, bindcnt
  const action = reader.i32(); // eaction
  return { action, index: reader.u32(), verdict }; // ifindex
}
