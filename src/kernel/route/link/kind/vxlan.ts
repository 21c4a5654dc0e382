import type { Ip } from "../../../../addr/index.ts";
import { type AttributeTable, attributes, be16, truth, u8, u32 } from "../../../netlink/index.ts";
import { ipField } from "../../ip-value.ts";

// linux/if_link.h
const IFLA_VXLAN_ID = 1;
const IFLA_VXLAN_LINK = 3;
const IFLA_VXLAN_LOCAL = 4;
const IFLA_VXLAN_TTL = 5;
const IFLA_VXLAN_LEARNING = 7;
const IFLA_VXLAN_PORT = 15;
const IFLA_VXLAN_LOCAL6 = 17;

/** Settings of a VXLAN device. Of one that exists, only the local address can change. */
export interface VxlanInfo {
  /** The network identifier (VNI), of 24 bits. */
  readonly id?: number | undefined;
  /** Index of the link that its packets leave by; the routes decide when absent. */
  readonly linkIndex?: number | undefined;
  /** Address that its packets start from, when that is an IPv4 address. */
  readonly local?: Ip | undefined;
  /** Address that its packets start from, when that is an IPv6 address. */
  readonly local6?: Ip | undefined;
  /** Of its packets; 0 for the host's own default. */
  readonly ttl?: number | undefined;
  /** Whether it learns from packets where a hardware address is. */
  readonly learning?: boolean | undefined;
  /** UDP port that it receives at and sends to. */
  readonly port?: number | undefined;
}

export const vxlanTable: AttributeTable<VxlanInfo> = attributes<VxlanInfo>({
  id: u32(IFLA_VXLAN_ID),
  linkIndex: u32(IFLA_VXLAN_LINK),
  local: ipField(IFLA_VXLAN_LOCAL),
  local6: ipField(IFLA_VXLAN_LOCAL6),
  ttl: u8(IFLA_VXLAN_TTL),
  learning: truth(u8(IFLA_VXLAN_LEARNING)),
  port: be16(IFLA_VXLAN_PORT),
});
