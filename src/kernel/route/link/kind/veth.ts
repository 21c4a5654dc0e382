import { ByteWriter } from "../../../../bytes/index.ts";
import { AttributeWriter } from "../../../netlink/index.ts";
import { IFLA_IFNAME, type LinkAttributes, writeAttributes } from "../attribute.ts";
import { encodeHeader } from "../header.ts";

// linux/veth.h
export const VETH_INFO_PEER = 1;

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
  const bytes = new ByteWriter();
  const attributes = new AttributeWriter(encodeHeader(bytes, {}));
  writeAttributes(attributes, peer);
  if (peer.name !== undefined) {
    attributes.string(IFLA_IFNAME, peer.name);
  }
  writer.bytes(VETH_INFO_PEER, attributes.finish());
}
