import type { Attributes, AttributeWriter } from "../../../netlink/index.ts";

// linux/if_link.h
export const IFLA_BR_FORWARD_DELAY = 1;
export const IFLA_BR_HELLO_TIME = 2;
export const IFLA_BR_MAX_AGE = 3;
export const IFLA_BR_AGEING_TIME = 4;
export const IFLA_BR_STP_STATE = 5;
export const IFLA_BR_VLAN_FILTERING = 7;
export const IFLA_BR_GROUP_FWD_MASK = 9;
export const IFLA_BR_MCAST_SNOOPING = 23;
export const IFLA_BR_VLAN_DEFAULT_PVID = 39;

/** Settings of a bridge. Absent ones are left as they are. */
export interface BridgeInfo {
  /** Hundredths of a second (USER_HZ). */
  readonly forwardDelay?: number | undefined;
  readonly ageingTime?: number | undefined;
  readonly stp?: boolean | undefined;
  readonly vlanFiltering?: boolean | undefined;
  readonly groupForwardMask?: number | undefined;
  readonly multicastSnooping?: boolean | undefined;
  /** VLAN that ports get by themselves; 0 for none. */
  readonly vlanDefaultPvid?: number | undefined;
}

export function encodeBridge(writer: AttributeWriter, bridge: BridgeInfo): void {
  if (bridge.forwardDelay !== undefined) {
    writer.u32(IFLA_BR_FORWARD_DELAY, bridge.forwardDelay);
  }
  if (bridge.ageingTime !== undefined) {
    writer.u32(IFLA_BR_AGEING_TIME, bridge.ageingTime);
  }
  if (bridge.stp !== undefined) {
    writer.u32(IFLA_BR_STP_STATE, bridge.stp ? 1 : 0);
  }
  if (bridge.vlanFiltering !== undefined) {
    writer.u8(IFLA_BR_VLAN_FILTERING, bridge.vlanFiltering ? 1 : 0);
  }
  if (bridge.groupForwardMask !== undefined) {
    writer.u16(IFLA_BR_GROUP_FWD_MASK, bridge.groupForwardMask);
  }
  if (bridge.multicastSnooping !== undefined) {
    writer.u8(IFLA_BR_MCAST_SNOOPING, bridge.multicastSnooping ? 1 : 0);
  }
  if (bridge.vlanDefaultPvid !== undefined) {
    writer.u16(IFLA_BR_VLAN_DEFAULT_PVID, bridge.vlanDefaultPvid);
  }
}

export function decodeBridge(data: Attributes): BridgeInfo {
  return {
    forwardDelay: data.u32(IFLA_BR_FORWARD_DELAY),
    ageingTime: data.u32(IFLA_BR_AGEING_TIME),
    stp: truth(data.u32(IFLA_BR_STP_STATE)),
    vlanFiltering: truth(data.u8(IFLA_BR_VLAN_FILTERING)),
    groupForwardMask: data.u16(IFLA_BR_GROUP_FWD_MASK),
    multicastSnooping: truth(data.u8(IFLA_BR_MCAST_SNOOPING)),
    vlanDefaultPvid: data.u16(IFLA_BR_VLAN_DEFAULT_PVID),
  };
}

function truth(value: number | undefined): boolean | undefined {
  return value === undefined ? undefined : value !== 0;
}
