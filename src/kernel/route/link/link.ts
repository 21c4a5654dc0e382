import { Mac } from "../../../addr/index.ts";
import { ByteReader } from "../../../bytes/index.ts";
import { type Attribute, Attributes, attributeText } from "../../netlink/index.ts";
import {
  IFLA_ADDRESS,
  IFLA_ALLMULTI,
  IFLA_ALT_IFNAME,
  IFLA_GROUP,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINK,
  IFLA_LINK_NETNSID,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_OPERSTATE,
  IFLA_PROMISCUITY,
  IFLA_PROP_LIST,
  IFLA_TXQLEN,
  type Operstate,
  operstate,
} from "./attribute.ts";
import { decodeHeader, IFF_ALLMULTI, IFF_UP, IFINFOMSG_SIZE } from "./header.ts";
import {
  type BridgePortState,
  decodeBridgePort,
  decodeKind,
  type KindState,
} from "./kind/index.ts";

/** A network link as the kernel tells it. */
export interface Link extends KindState {
  readonly index: number;
  readonly name: string;
  /** IFLA_INFO_KIND: `veth`, `bridge` …; absent for loopback and hardware. */
  readonly kind?: string;
  readonly mtu: number;
  /** Hardware address in lower case with colons. */
  readonly address?: string;
  /** IFF_ bits. */
  readonly flags: number;
  readonly up: boolean;
  /** How many ask for promiscuous mode: programs, bridges, and the link itself when it was set. */
  readonly promiscuity: number;
  /** How many ask for all multicast frames. */
  readonly allmulti: number;
  readonly operstate: Operstate;
  /** Index of the bridge or VRF it is a port of. */
  readonly master?: number;
  /** IFLA_LINK: the peer of a veth, the parent of a macvlan or VLAN. */
  readonly linkIndex?: number;
  /** Id, in the namespace asked, of the namespace that `linkIndex` belongs to. */
  readonly linkNetnsId?: number;
  readonly alias?: string;
  readonly txqlen: number;
  readonly group: number;
  readonly altNames: readonly string[];
  /** ARPHRD_ of linux/if_arp.h: 1 is Ethernet, 772 loopback. */
  readonly hardwareType: number;
  /** Present when it is a port of a bridge. */
  readonly port?: BridgePortState;
  /** IFLA_INFO_DATA as it came. */
  readonly infoData?: Uint8Array;
  /** Attributes that nothing above was made of. */
  readonly extra: readonly Attribute[];
}

const KNOWN: ReadonlySet<number> = new Set([
  IFLA_ADDRESS,
  IFLA_ALLMULTI,
  IFLA_GROUP,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_LINK,
  IFLA_LINK_NETNSID,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_OPERSTATE,
  IFLA_PROMISCUITY,
  IFLA_PROP_LIST,
  IFLA_TXQLEN,
]);

type Filling<T> = { -readonly [K in keyof T]: T[K] };

/** Decodes the payload of RTM_NEWLINK or RTM_DELLINK. */
export function decodeLink(payload: Uint8Array): Link {
  const header = decodeHeader(new ByteReader(payload));
  const attributes = Attributes.parse(payload.subarray(IFINFOMSG_SIZE));
  const link: Filling<Link> = {
    index: header.index,
    name: attributes.string(IFLA_IFNAME) ?? "",
    mtu: attributes.u32(IFLA_MTU) ?? 0,
    flags: header.flags,
    up: (header.flags & IFF_UP) !== 0,
    promiscuity: attributes.u32(IFLA_PROMISCUITY) ?? 0,
    // Kernels before 6.0 tell only whether somebody asks.
    allmulti: attributes.u32(IFLA_ALLMULTI) ?? ((header.flags & IFF_ALLMULTI) !== 0 ? 1 : 0),
    operstate: operstate(attributes.u8(IFLA_OPERSTATE)),
    txqlen: attributes.u32(IFLA_TXQLEN) ?? 0,
    group: attributes.u32(IFLA_GROUP) ?? 0,
    altNames: altNames(attributes),
    hardwareType: header.type,
    get extra() {
      return attributes.except(KNOWN); // dozens, that hardly anybody looks at
    },
  };
  fillOptional(link, attributes);
  const info = attributes.nested(IFLA_LINKINFO);
  if (info !== undefined) fillInfo(link, info);
  return link;
}

/** What is absent stays absent. */
function fillOptional(link: Filling<Link>, attributes: Attributes): void {
  const address = attributes.bytes(IFLA_ADDRESS);
  const master = attributes.u32(IFLA_MASTER);
  const linkIndex = attributes.u32(IFLA_LINK);
  const linkNetnsId = attributes.i32(IFLA_LINK_NETNSID);
  const alias = attributes.string(IFLA_IFALIAS);
  if (address !== undefined) link.address = Mac.fromBytes(address).toString();
  if (master !== undefined) link.master = master;
  if (linkIndex !== undefined) link.linkIndex = linkIndex;
  if (linkNetnsId !== undefined) link.linkNetnsId = linkNetnsId;
  if (alias !== undefined) link.alias = alias;
}

function fillInfo(link: Filling<Link>, info: Attributes): void {
  const kind = info.string(IFLA_INFO_KIND);
  const infoData = info.bytes(IFLA_INFO_DATA);
  if (kind !== undefined) link.kind = kind;
  if (infoData !== undefined) link.infoData = infoData;
  if (kind !== undefined && infoData !== undefined) {
    Object.assign(link, decodeKind(kind, infoData));
  }
  if (info.string(IFLA_INFO_SLAVE_KIND) !== "bridge") return;
  const port = info.nested(IFLA_INFO_SLAVE_DATA);
  if (port !== undefined) link.port = decodeBridgePort(port);
}

function altNames(attributes: Attributes): string[] {
  const list = attributes.nested(IFLA_PROP_LIST)?.all(IFLA_ALT_IFNAME) ?? [];
  return list.map((attribute) => attributeText(attribute.payload));
}
