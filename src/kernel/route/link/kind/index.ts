import { Attributes, type AttributeWriter } from "../../../netlink/index.ts";
import { type BridgeInfo, decodeBridge, encodeBridge } from "./bridge.ts";
import {
  decodeIpvlan,
  decodeMacvlan,
  decodeVlan,
  decodeVrf,
  encodeIpvlan,
  encodeMacvlan,
  encodeVlan,
  encodeVrf,
  type IpvlanInfo,
  type MacvlanInfo,
  type VlanInfo,
  type VrfInfo,
} from "./other.ts";
import { decodeTun, type TunInfo } from "./tun.ts";
import { encodeVeth, type VethPeer } from "./veth.ts";

export type { BridgeInfo } from "./bridge.ts";
export {
  type BridgePort,
  type BridgePortState,
  decodeBridgePort,
  encodeBridgePort,
} from "./bridge-port.ts";
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

/** Settings that belong to one kind of link, under the kind's name. */
export interface KindSettings {
  /** For kind `veth`. */
  readonly peer?: VethPeer | undefined;
  readonly bridge?: BridgeInfo | undefined;
  /** For kinds `macvlan` and `macvtap`. */
  readonly macvlan?: MacvlanInfo | undefined;
  readonly ipvlan?: IpvlanInfo | undefined;
  readonly vlan?: VlanInfo | undefined;
  readonly vrf?: VrfInfo | undefined;
  /** IFLA_INFO_DATA as it is, for a kind that is not known here. */
  readonly infoData?: Uint8Array | undefined;
}

/** Settings of one kind as the kernel tells them. */
export interface KindState extends Omit<KindSettings, "peer" | "infoData"> {
  /** Of kind `tun`, which is tap links too. */
  readonly tun?: TunInfo;
}

/** What writes IFLA_INFO_DATA for these settings; undefined when there is nothing to write. */
export function kindEncoder(
  settings: KindSettings,
): ((writer: AttributeWriter) => void) | undefined {
  const { peer, bridge, macvlan, ipvlan, vlan, vrf } = settings;
  if (peer !== undefined) {
    return (writer) => encodeVeth(writer, peer);
  }
  if (bridge !== undefined) {
    return (writer) => encodeBridge(writer, bridge);
  }
  if (macvlan !== undefined) {
    return (writer) => encodeMacvlan(writer, macvlan);
  }
  if (ipvlan !== undefined) {
    return (writer) => encodeIpvlan(writer, ipvlan);
  }
  if (vlan !== undefined) {
    return (writer) => encodeVlan(writer, vlan);
  }
  if (vrf !== undefined) {
    return (writer) => encodeVrf(writer, vrf);
  }
  return undefined;
}

/** Reads IFLA_INFO_DATA of a kind; empty for a kind that is not known here. */
export function decodeKind(kind: string, infoData: Uint8Array): KindState {
  const decode = DECODERS.get(kind);
  return decode === undefined ? {} : decode(Attributes.parse(infoData));
}

const DECODERS = new Map<string, (data: Attributes) => KindState>([
  ["bridge", (data) => ({ bridge: decodeBridge(data) })],
  ["macvlan", (data) => ({ macvlan: decodeMacvlan(data) })],
  ["macvtap", (data) => ({ macvlan: decodeMacvlan(data) })],
  ["tun", (data) => ({ tun: decodeTun(data) })],
  ["ipvlan", (data) => ({ ipvlan: decodeIpvlan(data) })],
  ["vlan", (data) => ({ vlan: decodeVlan(data) })],
  ["vrf", (data) => ({ vrf: decodeVrf(data) })],
]);
