// linux/if_link.h
export const IFLA_AF_SPEC = 26;

// linux/if_bridge.h
export const IFLA_BRIDGE_FLAGS = 0;
export const IFLA_BRIDGE_VLAN_INFO = 2;

// Values of IFLA_BRIDGE_FLAGS: whose table is meant.
export const BRIDGE_FLAGS_MASTER = 1;
export const BRIDGE_FLAGS_SELF = 2;

// struct bridge_vlan_info, flags
export const BRIDGE_VLAN_INFO_PVID = 0x2;
export const BRIDGE_VLAN_INFO_UNTAGGED = 0x4;
export const BRIDGE_VLAN_INFO_RANGE_BEGIN = 0x8;
export const BRIDGE_VLAN_INFO_RANGE_END = 0x10;

// linux/rtnetlink.h: bit of IFLA_EXT_MASK that asks for VLANs, neighbours in one range.
export const RTEXT_FILTER_BRVLAN_COMPRESSED = 4;
