/** The network of the host as it is now: each fact read once, when a stage asks for it. */
import { vlan } from "../../kernel/route/index.ts";
import { readSysctl } from "../../kernel/sysctl/index.ts";
import { FilterFacts } from "./filter.ts";

/** Facts of the namespace that this process is in. */
export class HostFacts extends FilterFacts {
  #vlans: readonly vlan.VlanTable[] | undefined;

  get vlans(): readonly vlan.VlanTable[] {
    this.#vlans ??= vlan.list(this.socket);
    return this.#vlans;
  }
}

/** A sysctl of this namespace, or of another; undefined where the kernel has none of the name. */
export function sysctl(key: string, netns?: Parameters<typeof readSysctl>[1]): string | undefined {
  try {
    return readSysctl(key, netns);
  } catch {
    return undefined;
  }
}

/** The same as a number. */
export function sysctlNumber(
  key: string,
  netns?: Parameters<typeof readSysctl>[1],
): number | undefined {
  const text = sysctl(key, netns);
  return text !== undefined && /^-?\d+$/u.test(text) ? Number(text) : undefined;
}
