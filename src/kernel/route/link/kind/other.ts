import { type AttributeTable, attributes, named, u16, u32 } from "../../../netlink/index.ts";

// linux/if_link.h
const IFLA_MACVLAN_MODE = 1;
const IFLA_MACVLAN_BC_QUEUE_LEN = 7;
const IFLA_IPVLAN_MODE = 1;
const IFLA_VLAN_ID = 1;
const IFLA_VRF_TABLE = 1;

// The kernel's macvlan_mode, by the names that CNI configurations use.
const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
const IPVLAN_MODES = { l2: 0, l3: 1, l3s: 2 } as const;

/** How the links of one parent reach each other. */
export type MacvlanMode = keyof typeof MACVLAN_MODES;
/** Where packets are handed on: by their addresses (l2), or by routes of the host (l3, l3s). */
export type IpvlanMode = keyof typeof IPVLAN_MODES;

/** Settings of a macvlan or macvtap link. */
export interface MacvlanInfo {
  readonly mode?: MacvlanMode | undefined;
  /** Frames that may wait to be broadcast. */
  readonly broadcastQueueLength?: number | undefined;
}

export const macvlanTable: AttributeTable<MacvlanInfo> = attributes<MacvlanInfo>({
  mode: named(u32(IFLA_MACVLAN_MODE), MACVLAN_MODES),
  broadcastQueueLength: u32(IFLA_MACVLAN_BC_QUEUE_LEN),
});

/** Settings of an ipvlan link. */
export interface IpvlanInfo {
  readonly mode?: IpvlanMode | undefined;
}

export const ipvlanTable: AttributeTable<IpvlanInfo> = attributes<IpvlanInfo>({
  mode: named(u16(IFLA_IPVLAN_MODE), IPVLAN_MODES),
});

/** Settings of a VLAN link (802.1Q). */
export interface VlanInfo {
  /** 0 to 4094. */
  readonly id?: number | undefined;
}

export const vlanTable: AttributeTable<VlanInfo> = attributes<VlanInfo>({ id: u16(IFLA_VLAN_ID) });

/** Settings of a VRF device. */
export interface VrfInfo {
  /** Routing table of the VRF. */
  readonly table?: number | undefined;
}

export const vrfTable: AttributeTable<VrfInfo> = attributes<VrfInfo>({
  table: u32(IFLA_VRF_TABLE),
});
