import { isSpecVersion, OLDEST, type SpecVersion } from "../versions.ts";

/**
 * Versions whose results have the same form: `slots` has one place each for an IPv4 and an IPv6
 * address, `tagged` a list of addresses tagged with their version, `current` the list without tags.
 */
export type Family = "slots" | "tagged" | "current";

const FAMILIES: Readonly<Record<SpecVersion, Family>> = {
  "0.1.0": "slots",
  "0.2.0": "slots",
  "0.3.0": "tagged",
  "0.3.1": "tagged",
  "0.4.0": "tagged",
  "1.0.0": "current",
  "1.1.0": "current",
};

/** The family of a released version (the empty one is 0.1.0); undefined for any other text. */
export function familyOf(version: string): Family | undefined {
  const named = version === "" ? OLDEST : version;
  return isSpecVersion(named) ? FAMILIES[named] : undefined;
}

/** The released versions of a family, oldest first. */
export function versionsOf(family: Family): SpecVersion[] {
  const versions = Object.keys(FAMILIES).filter(isSpecVersion);
  return versions.filter((version) => FAMILIES[version] === family);
}

/**
 * The keys each family knows, in the order in which Go prints them: as its structures have them
 * below 1.0.0, alphabetical from 1.0.0 on. Keys outside of these are kept as unknown ones.
 */
export const KEYS = {
  result: {
    slots: ["cniVersion", "ip4", "ip6", "dns"],
    tagged: ["cniVersion", "interfaces", "ips", "routes", "dns"],
    current: ["cniVersion", "dns", "interfaces", "ips", "routes"],
  },
  interface: {
    slots: [],
    tagged: ["name", "mac", "sandbox"],
    current: ["mac", "mtu", "name", "pciID", "sandbox", "socketPath"],
  },
  ip: {
    slots: ["ip", "gateway", "routes"],
    tagged: ["version", "interface", "address", "gateway"],
    current: ["address", "gateway", "interface"],
  },
  route: {
    slots: ["dst", "gw"],
    tagged: ["dst", "gw", "mtu", "advmss", "priority", "table", "scope"],
    current: ["advmss", "dst", "gw", "mtu", "priority", "scope", "table"],
  },
  dns: {
    slots: ["nameservers", "domain", "search", "options"],
    tagged: ["nameservers", "domain", "search", "options"],
    current: ["domain", "nameservers", "options", "search"],
  },
} as const;
