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

/** Lets a link of this thread's namespace have IPv6 addresses, where new links have it switched off. */
export function enableIpv6(name: string): void {
  const key = `net/ipv6/conf/${name}/disable_ipv6`;
  let value: string;
  try {
    value = readSysctl(key); // writing waits for other changes of the network; reading does not
  } catch {
    return; // no IPv6 at all: adding the address will say so
  }
  if (value !== "0") writeSysctl(key, "0");
}
