/** Sysctls of the links that an overlay goes through. */
import type { Netns } from "../kernel/netns/index.ts";
import { readSysctl, writeSysctl } from "../kernel/sysctl/index.ts";

/** IN6_ADDR_GEN_MODE_NONE: no address of its own, which would look for neighbours that are not there. */
const NO_OWN_ADDRESS = "1";

/**
 * The device forwards packets, takes nothing from routers, and has no IPv6 address but its gateway's.
 * Gives how many settings were changed.
 */
export function setDevice(name: string, netns: Netns | undefined): number {
  const changed = [
    set(`net/ipv6/conf/${name}/addr_gen_mode`, NO_OWN_ADDRESS, netns),
    set(`net/ipv6/conf/${name}/accept_ra`, "0", netns),
    set(`net/ipv6/conf/${name}/disable_ipv6`, "0", netns),
    set(`net/ipv6/conf/${name}/forwarding`, "1", netns),
    set(`net/ipv4/conf/${name}/forwarding`, "1", netns),
  ];
  return changed.filter(Boolean).length;
}

/**
 * A bridge answers ARP for the other nodes' containers, which its own take for neighbours, and does so at
 * once: the kernel waits up to 0.8 seconds otherwise. Gives how many settings were changed.
 */
export function setProxyArp(bridges: readonly string[], netns: Netns | undefined): number {
  return bridges
    .filter((name) => /^[^/\s]{1,15}$/u.test(name) && name !== "." && name !== "..")
    .flatMap((name) => [
      set(`net/ipv4/conf/${name}/proxy_arp`, "1", netns),
      set(`net/ipv4/neigh/${name}/proxy_delay`, "0", netns),
    ])
    .filter(Boolean).length;
}

/** True when it was changed. What the kernel does not have, or does not let change, is left. */
function set(key: string, value: string, netns: Netns | undefined): boolean {
  try {
    if (readSysctl(key, netns) === value) return false;
    writeSysctl(key, value, netns);
    return true;
  } catch {
    return false;
  }
}
