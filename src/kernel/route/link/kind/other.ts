import type { Attributes, AttributeWriter } from "../../../netlink/index.ts";

// linux/if_link.h
export const IFLA_MACVLAN_MODE = 1;
export const IFLA_MACVLAN_BC_QUEUE_LEN = 7;
export const IFLA_IPVLAN_MODE = 1;
export const IFLA_VLAN_ID = 1;
export const IFLA_VRF_TABLE = 1;

// The kernel's macvlan_mode, by the names that CNI configurations use.
const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
const IPVLAN_MODES = { l2: 0, l3: 1, l3s: 2 } as const;

export type MacvlanMode = keyof typeof MACVLAN_MODES;
export type IpvlanMode = keyof typeof IPVLAN_MODES;

/** Settings of a macvlan or macvtap link. */
export interface MacvlanInfo {
  readonly mode?: MacvlanMode | undefined;
  /** Frames that may wait to be broadcast. */
  readonly broadcastQueueLength?: number | undefined;
}

export function encodeMacvlan(writer: AttributeWriter, macvlan: MacvlanInfo): void {
  if (macvlan.mode !== undefined) {
    writer.u32(IFLA_MACVLAN_MODE, MACVLAN_MODES[macvlan.mode]);
  }
  if (macvlan.broadcastQueueLength !== undefined) {
    writer.u32(IFLA_MACVLAN_BC_QUEUE_LEN, macvlan.broadcastQueueLength);
  }
}

export function decodeMacvlan(data: Attributes): MacvlanInfo {
  return {
    mode: nameOf(MACVLAN_MODES, data.u32(IFLA_MACVLAN_MODE)),
    broadcastQueueLength: data.u32(IFLA_MACVLAN_BC_QUEUE_LEN),
  };
}

/** Settings of an ipvlan link. */
export interface IpvlanInfo {
  readonly mode?: IpvlanMode | undefined;
}

export function encodeIpvlan(writer: AttributeWriter, ipvlan: IpvlanInfo): void {
  if (ipvlan.mode !== undefined) {
    writer.u16(IFLA_IPVLAN_MODE, IPVLAN_MODES[ipvlan.mode]);
  }
}

export function decodeIpvlan(data: Attributes): IpvlanInfo {
  return { mode: nameOf(IPVLAN_MODES, data.u16(IFLA_IPVLAN_MODE)) };
}

/** Settings of a VLAN link (802.1Q). */
export interface VlanInfo {
  /** 0 to 4094. */
  readonly id?: number | undefined;
}

export function encodeVlan(writer: AttributeWriter, vlan: VlanInfo): void {
  if (vlan.id !== undefined) {
    writer.u16(IFLA_VLAN_ID, vlan.id);
  }
}

export function decodeVlan(data: Attributes): VlanInfo {
  return { id: data.u16(IFLA_VLAN_ID) };
}

/** Settings of a VRF device. */
export interface VrfInfo {
  /** Routing table of the VRF. */
  readonly table?: number | undefined;
}

export function encodeVrf(writer: AttributeWriter, vrf: VrfInfo): void {
  if (vrf.table !== undefined) {
    writer.u32(IFLA_VRF_TABLE, vrf.table);
  }
}

export function decodeVrf(data: Attributes): VrfInfo {
  return { table: data.u32(IFLA_VRF_TABLE) };
}

function nameOf<K extends string>(
  names: Readonly<Record<K, number>>,
  value: number | undefined,
): K | undefined {
  return (Object.keys(names) as K[]).find((name) => names[name] === value);
}
