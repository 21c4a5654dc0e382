import { type AttributeTable, attributes, truth, u8, u16, u32 } from "../../../netlink/index.ts";

// linux/if_link.h
const IFLA_BR_FORWARD_DELAY = 1;
const IFLA_BR_AGEING_TIME = 4;
const IFLA_BR_STP_STATE = 5;
const IFLA_BR_VLAN_FILTERING = 7;
const IFLA_BR_GROUP_FWD_MASK = 9;
const IFLA_BR_MCAST_SNOOPING = 23;
const IFLA_BR_VLAN_DEFAULT_PVID = 39;

/** Settings of a bridge. Absent ones are left as they are. */
export interface BridgeInfo {
  /** How long a port listens, and learns, before it forwards, with STP; hundredths of a second (USER_HZ). */
  readonly forwardDelay?: number | undefined;
  /** After how long an address that is silent is forgotten; hundredths of a second. */
  readonly ageingTime?: number | undefined;
  /** The spanning tree protocol. */
  readonly stp?: boolean | undefined;
  /** Frames go only to ports of their VLAN: see `vlan`. */
  readonly vlanFiltering?: boolean | undefined;
  /** Bit n: frames to 01:80:c2:00:00:0n are forwarded, which otherwise end at the bridge. */
  readonly groupForwardMask?: number | undefined;
  /** Multicast goes only to ports behind which a member is. */
  readonly multicastSnooping?: boolean | undefined;
  /** VLAN that ports get by themselves; 0 for none. */
  readonly vlanDefaultPvid?: number | undefined;
}

export const bridgeTable: AttributeTable<BridgeInfo> = attributes<BridgeInfo>({
  forwardDelay: u32(IFLA_BR_FORWARD_DELAY),
  ageingTime: u32(IFLA_BR_AGEING_TIME),
  stp: truth(u32(IFLA_BR_STP_STATE)),
  vlanFiltering: truth(u8(IFLA_BR_VLAN_FILTERING)),
  groupForwardMask: u16(IFLA_BR_GROUP_FWD_MASK),
  multicastSnooping: truth(u8(IFLA_BR_MCAST_SNOOPING)),
  vlanDefaultPvid: u16(IFLA_BR_VLAN_DEFAULT_PVID),
});
