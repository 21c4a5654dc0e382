import {
  type AttributeTable,
  type AttributeWriter,
  attributes,
  bytes,
  cString,
  type Field,
} from "../../../netlink/index.ts";
import { type BridgeInfo, bridgeTable } from "./bridge.ts";
import { type BridgePortState, decodeBridgePort } from "./bridge-port.ts";
import {
  type IpvlanInfo,
  ipvlanTable,
  type MacvlanInfo,
  macvlanTable,
  type VlanInfo,
  type VrfInfo,
  vlanTable,
  vrfTable,
} from "./other.ts";
import { type TunInfo, tunTable } from "./tun.ts";
import { encodeVeth, type VethPeer } from "./veth.ts";
import { type VxlanInfo, vxlanTable } from "./vxlan.ts";

export type { BridgeInfo } from "./bridge.ts";
export { type BridgePort, type BridgePortState, bridgePortTable } from "./bridge-port.ts";
export type {
  IpvlanInfo,
  IpvlanMode,
  MacvlanInfo,
  MacvlanMode,
  VlanInfo,
  VrfInfo,
} from "./other.ts";
export type { TunInfo } from "./tun.ts";
export type { VethPeer } from "./veth.ts";
export type { VxlanInfo } from "./vxlan.ts";

// Inside IFLA_LINKINFO.
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_INFO_SLAVE_DATA = 5;

/** Settings that belong to one kind of link, under the kind's name; RangeError for those of another kind. */
export interface KindSettings {
  /** For kind `veth`. */
  readonly peer?: VethPeer | undefined;
  readonly bridge?: BridgeInfo | undefined;
  /** For kinds `macvlan` and `macvtap`. */
  readonly macvlan?: MacvlanInfo | undefined;
  /** For kinds `ipvlan` and `ipvtap`. */
  readonly ipvlan?: IpvlanInfo | undefined;
  readonly vlan?: VlanInfo | undefined;
  readonly vrf?: VrfInfo | undefined;
  readonly vxlan?: VxlanInfo | undefined;
  /** IFLA_INFO_DATA as it is, for a kind that is not known here. */
  readonly infoData?: Uint8Array | undefined;
}

/** Settings of one kind as the kernel reports them. */
export interface KindState extends Omit<KindSettings, "peer" | "infoData"> {
  /** Of kind `tun`, which is tap links too. */
  readonly tun?: TunInfo;
}

/** What stands in IFLA_LINKINFO of a request. */
export interface LinkInfo extends KindSettings {
  readonly kind: string;
}

/** What IFLA_LINKINFO says of a link. */
export interface LinkInfoState extends KindState {
  readonly kind?: string;
  /** IFLA_INFO_DATA as it came. */
  readonly infoData?: Uint8Array;
  /** Present when the link is a port of a bridge. */
  readonly port?: BridgePortState;
}

const TABLES: { readonly [K in keyof KindState]-?: AttributeTable<NonNullable<KindState[K]>> } = {
  bridge: bridgeTable,
  macvlan: macvlanTable,
  ipvlan: ipvlanTable,
  vlan: vlanTable,
  vrf: vrfTable,
  vxlan: vxlanTable,
  tun: tunTable,
};

const KINDS = Object.keys(TABLES) as (keyof KindState)[];

/** Kinds that have the settings of another one. */
const SETTINGS: Readonly<Record<string, keyof KindState>> = {
  macvtap: "macvlan",
  ipvtap: "ipvlan",
};

const infoTable = attributes({
  kind: cString(IFLA_INFO_KIND),
  data: bytes(IFLA_INFO_DATA),
  slaveKind: cString(IFLA_INFO_SLAVE_KIND),
  slaveData: bytes(IFLA_INFO_SLAVE_DATA),
});

/** IFLA_LINKINFO; what is read of it become properties of the link itself. */
export function infoField(type: number): Field<LinkInfo> {
  return {
    type,
    write: (writer, number, info) =>
      writer.unmarkedNested(number, (inner) => {
        // `ip` sends the kind without its NUL, and the kernel takes both.
        inner.text(IFLA_INFO_KIND, info.kind);
        encodeData(inner, info);
      }),
    read: (memory, start, length, target) => {
      decodeInfo(memory.subarray(start, start + length), target);
      return null;
    },
  };
}

function encodeData(writer: AttributeWriter, settings: LinkInfo): void {
  const { kind, peer, infoData } = settings;
  if (infoData !== undefined) {
    writer.bytes(IFLA_INFO_DATA, infoData);
  } else if (peer !== undefined) {
    writer.unmarkedNested(IFLA_INFO_DATA, (data) => encodeVeth(data, peer));
  } else {
    for (const key of KINDS) {
      const values = (settings as KindState)[key];
      if (values === undefined) continue;
      // Each setting is a number, which another kind uses for something else.
      if (key !== (SETTINGS[kind] ?? kind)) {
        throw new RangeError(`a link of kind ${kind} has no settings of kind ${key}`);
      }
      const table: AttributeTable<object> = TABLES[key];
      writer.unmarkedNested(IFLA_INFO_DATA, (data) => table.encode(data, values));
      return;
    }
  }
}

function decodeInfo(
  payload: Uint8Array,
  link: { -readonly [K in keyof LinkInfoState]: LinkInfoState[K] },
): void {
  const { kind, data, slaveKind, slaveData } = infoTable.decode(payload, {});
  if (kind !== undefined) link.kind = kind;
  if (data !== undefined) link.infoData = data;
  if (kind !== undefined && data !== undefined) {
    const key = SETTINGS[kind] ?? kind;
    if (Object.hasOwn(TABLES, key)) {
      const table: AttributeTable<object> = TABLES[key as keyof KindState];
      (link as Record<string, object>)[key] = table.decode(data, {});
    }
  }
  if (slaveKind === "bridge" && slaveData !== undefined) link.port = decodeBridgePort(slaveData);
}
