/**
 * Keys that the reference plugins do not have, and overlook whatever they say: a network that moves
 * to them loses what these keys do.
 */
export const OWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  acceptRA: ["bridge", "host-device", "ipvlan", "macvlan", "ptp", "tap", "vlan"],
  slaac: ["bridge", "ipvlan", "macvlan", "vlan"],
  ipMasqExcept: ["bridge", "ptp"],
  stp: ["bridge"],
  multicastSnooping: ["bridge"],
  groupFwdMask: ["bridge"],
  removeUnused: ["bridge"],
  staticNeighbours: ["bridge"],
  portConflict: ["portmap"],
  exceptDestinations: ["portmap"],
  markBit: ["firewall"],
  latency: ["bandwidth"],
  exclude: ["host-local"],
  failStatusWhenFull: ["host-local"],
  ipv4: ["dhcp"],
  ipv6: ["dhcp"],
  request6: ["dhcp"],
};
