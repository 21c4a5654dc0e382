import { writeSysctl } from "../kernel/sysctl/index.ts";
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
