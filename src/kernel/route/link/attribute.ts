import { Mac } from "../../../addr/index.ts";
import type { AttributeWriter } from "../../netlink/index.ts";
import type { Netns } from "../../netns/index.ts";

// linux/if_link.h
export const IFLA_ADDRESS = 1;
export const IFLA_BROADCAST = 2;
export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_LINK = 5;
export const IFLA_MASTER = 10;
export const IFLA_PROTINFO = 12;
export const IFLA_TXQLEN = 13;
export const IFLA_OPERSTATE = 16;
export const IFLA_LINKINFO = 18;
export const IFLA_IFALIAS = 20;
export const IFLA_GROUP = 27;
export const IFLA_NET_NS_FD = 28;
export const IFLA_EXT_MASK = 29;
export const IFLA_PROMISCUITY = 30;
export const IFLA_LINK_NETNSID = 37;
export const IFLA_PROP_LIST = 52;
export const IFLA_ALT_IFNAME = 53;
export const IFLA_PERM_ADDRESS = 54;
export const IFLA_ALLMULTI = 61;

// Inside IFLA_LINKINFO.
export const IFLA_INFO_KIND = 1;
export const IFLA_INFO_DATA = 2;
export const IFLA_INFO_SLAVE_KIND = 4;
export const IFLA_INFO_SLAVE_DATA = 5;

// Bits of IFLA_EXT_MASK.
export const RTEXT_FILTER_VF = 1;
export const RTEXT_FILTER_SKIP_STATS = 8;

/** Longest name that fits IFLA_IFNAME (IFNAMSIZ without the NUL); alternative names may be longer. */
export const IFNAME_MAX = 15;

/** Properties of a link that a request sets in the same way for a new link and an existing one. */
export interface LinkAttributes {
  /** Bytes. */
  readonly mtu?: number | undefined;
  /** Hardware address, as `02:00:00:00:00:01`. */
  readonly address?: string | undefined;
  /** Free text, at most 255 bytes; "" takes it away. The kernel takes it by its length. */
  readonly alias?: string | undefined;
  /** Index of the bridge or VRF that the link becomes a port of; 0 takes it out. */
  readonly master?: number | undefined;
  readonly txqlen?: number | undefined;
  readonly group?: number | undefined;
  /** Namespace the link is made in or moves to. */
  readonly netns?: Pick<Netns, "fd"> | undefined;
}

/** Writes the properties in a fixed order. */
export function writeAttributes(writer: AttributeWriter, link: LinkAttributes): void {
  if (link.mtu !== undefined) {
    writer.u32(IFLA_MTU, link.mtu);
  }
  if (link.address !== undefined) {
    writer.bytes(IFLA_ADDRESS, Mac.parse(link.address).bytes);
  }
  if (link.alias !== undefined) {
    writer.text(IFLA_IFALIAS, link.alias);
  }
  if (link.master !== undefined) {
    writer.u32(IFLA_MASTER, link.master);
  }
  if (link.txqlen !== undefined) {
    writer.u32(IFLA_TXQLEN, link.txqlen);
  }
  if (link.group !== undefined) {
    writer.u32(IFLA_GROUP, link.group);
  }
  if (link.netns !== undefined) {
    writer.u32(IFLA_NET_NS_FD, link.netns.fd.number);
  }
}

// RFC 2863 states in the order of linux/if.h (IF_OPER_UNKNOWN = 0), named as `ip` names them.
const OPERSTATES = [
  "UNKNOWN",
  "NOTPRESENT",
  "DOWN",
  "LOWERLAYERDOWN",
  "TESTING",
  "DORMANT",
  "UP",
] as const;

/** Operational state of a link. */
export type Operstate = (typeof OPERSTATES)[number];

export function operstate(value: number | undefined): Operstate {
  return OPERSTATES[value ?? 0] ?? "UNKNOWN";
}
