import { ByteWriter } from "../../../../bytes/index.ts";
import { AttributeWriter } from "../../../netlink/index.ts";
import { commonTable, type LinkAttributes } from "../attribute.ts";
import { ifinfomsg } from "../header.ts";

// linux/veth.h
const VETH_INFO_PEER = 1;

/**
 * The other end of a new veth pair. The kernel ignores an alias and a master here, and refuses a
 * peer that is up (ENOTCONN): those are set when the pair exists.
 */
export interface VethPeer extends Omit<LinkAttributes, "alias" | "master"> {
  /** Chosen by the kernel when absent (veth0, veth1 …). */
  readonly name?: string | undefined;
}

/** VETH_INFO_PEER is a whole link message without its netlink header. */
export function encodeVeth(writer: AttributeWriter, peer: VethPeer): void {
  const message = new AttributeWriter(ifinfomsg.encode(new ByteWriter(), {}));
  commonTable.encode(message, peer);
  writer.bytes(VETH_INFO_PEER, message.finish());
}
