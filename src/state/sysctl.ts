import { readSysctl, writeSysctl } from "../kernel/sysctl/index.ts";
import type { Namespaces } from "./namespaces/index.ts";

/**
 * Sets a sysctl of the host, or of the container's namespace, that makes things better where it
 * exists and is not worth a failure: without IPv6, or with a read-only /proc/sys, nothing is set.
 */
export function setBestEffort(key: string, value: string, namespaces?: Namespaces): void {
  try {
    writeSysctl(key, value, namespaces?.netns);
  } catch {
    // See above.
  }
}

/** What a setting has to be, and what it was where it had to be changed. */
export interface Changed {
  readonly key: string;
  readonly before: string;
}

/**
 * Lets a link of this thread's namespace have IPv6 addresses, where new links have it switched off.
 * Without IPv6 nothing is changed: adding the address will say so.
 */
export function enableIpv6(name: string): Changed | undefined {
  return change(`net/ipv6/conf/${name}/disable_ipv6`, "0");
}

/**
 * Lets a link of this thread's namespace take no routes and addresses from router advertisements.
 * Behind a link whose gateway the host is, only containers could send them.
 */
export function ignoreAdvertisements(name: string): Changed | undefined {
  try {
    return change(`net/ipv6/conf/${name}/accept_ra`, "0");
  } catch {
    return undefined; // /proc/sys is read-only
  }
}

/** Lets a link of this thread's namespace take routes and addresses from router advertisements. */
export function acceptAdvertisements(name: string): void {
  const key = `net/ipv6/conf/${name}/accept_ra`;
  try {
    if (readSysctl(key) === "0") writeSysctl(key, "1");
  } catch {
    // No IPv6, or /proc/sys is read-only.
  }
}

/** Writing waits for other changes of the network; reading does not. */
function change(key: string, value: string): Changed | undefined {
  let before: string;
  try {
    before = readSysctl(key);
  } catch {
    return undefined;
  }
  if (before === value) return undefined;
  writeSysctl(key, value);
  return { key, before };
}
