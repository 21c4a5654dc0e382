import { type Nftables, ruleComment } from "../../kernel/nftables/index.ts";
import type { ValidAttachment } from "../../spec/index.ts";

/** The rules of a shared chain that lead to containers' own chains. */
export interface LeadingRules {
  /** The shared chain, in table nat. */
  readonly chain: string;
  /** What stands in their comments before the names of network and container. */
  readonly prefix: "" | "dnat ";
}

/**
 * Containers of the network that have chains of the iptables layout and no valid attachment. The
 * layout knows containers, not interfaces, so one valid attachment keeps them all.
 */
export function staleContainers(
  nft: Nftables,
  { chain, prefix }: LeadingRules,
  network: string,
  valid: readonly ValidAttachment[],
): string[] {
  const keep = new Set(valid.map(({ containerId }) => containerId));
  const start = `${prefix}name: "${network}" id: "`;
  const stale = new Set<string>();
  for (const family of ["ip", "ip6"] as const) {
    for (const rule of nft.listRules(family, "nat", chain)) {
      const comment = ruleComment(rule);
      if (comment?.startsWith(start) !== true || !comment.endsWith('"')) continue;
      const containerId = comment.slice(start.length, -1);
      if (!keep.has(containerId)) stale.add(containerId);
    }
  }
  return [...stale];
}
