import {
  Attributes,
  type AttributeTable,
  attributes,
  attributeText,
  cString,
  type Fields,
  i32,
  listed,
  mapped,
  text,
  u8,
  u32,
} from "../../netlink/index.ts";
import type { Netns } from "../../netns/index.ts";
import { macField } from "../ip-value.ts";

// linux/if_link.h
export const IFLA_ADDRESS = 1;
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

// Bits of IFLA_EXT_MASK.
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

/** The attributes of a link message that have the same meaning for links of every kind. */
export interface CommonAttributes extends LinkAttributes {
  readonly linkIndex?: number | undefined;
  readonly name?: string | undefined;
  readonly promiscuity?: number;
  readonly allmulti?: number;
  readonly operstate?: Operstate;
  readonly linkNetnsId?: number;
  readonly altNames?: readonly string[];
}

export const commonFields: Fields<CommonAttributes> = {
  linkIndex: u32(IFLA_LINK),
  mtu: u32(IFLA_MTU),
  address: macField(IFLA_ADDRESS),
  alias: text(IFLA_IFALIAS),
  master: u32(IFLA_MASTER),
  txqlen: u32(IFLA_TXQLEN),
  group: u32(IFLA_GROUP),
  // The kernel names a namespace by IFLA_LINK_NETNSID, and never by a descriptor.
  netns: mapped<number, NonNullable<LinkAttributes["netns"]>>(
    u32(IFLA_NET_NS_FD),
    (netns) => netns.fd.number,
    () => null,
  ),
  name: cString(IFLA_IFNAME),
  promiscuity: u32(IFLA_PROMISCUITY),
  allmulti: u32(IFLA_ALLMULTI),
  operstate: listed(u8(IFLA_OPERSTATE), OPERSTATES),
  linkNetnsId: i32(IFLA_LINK_NETNSID),
  altNames: {
    type: IFLA_PROP_LIST,
    write: (writer, type, names) =>
      writer.nested(type, (list) => {
        for (const name of names) list.string(IFLA_ALT_IFNAME, name);
      }),
    read: (memory, start, length) =>
      Attributes.parse(memory.subarray(start, start + length))
        .all(IFLA_ALT_IFNAME)
        .map(({ payload }) => attributeText(payload)),
  },
};

/** The common attributes alone, as the peer of a new veth has them. */
export const commonTable: AttributeTable<CommonAttributes> =
  attributes<CommonAttributes>(commonFields);
