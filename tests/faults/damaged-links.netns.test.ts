import { damageTests } from "./damage-tests.ts";

/** The plugins that make links, and IPAM; the others are in damaged-chains. */
damageTests([
  ...["bridge", "host-device", "ipvlan", "loopback", "macvlan", "ptp", "tap", "vlan", "dummy"],
  ...["host-local", "static", "dhcp"],
]);
