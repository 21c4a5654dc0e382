import { type Nftables, ruleComment } from "../../kernel/nftables/index.ts";
import type { Attachment, ValidAttachment } from "../../spec/index.ts";
import { OwnedElements } from "../elements/index.ts";
import { networkMark, ownerComment, staleMarks } from "../owner/index.ts";
import type { Sides } from "../sides.ts";
import { removeIptables } from "./iptables.ts";
import { portsLayout } from "./own.ts";
import { PortsStep, portRecords } from "./step.ts";

const SETTINGS = {
  backend: "own",
  snat: true,
  masqAll: false,
  markMasqBit: 0,
  externalSetMarkChain: undefined,
  conditionsV4: [],
  conditionsV6: [],
} as const;

/** The steps that remove everything that any configuration could have made for an attachment. */
export function removal(
  sides: Sides,
  owner: Attachment,
  env: Readonly<Record<string, string>>,
  rest: Partial<ConstructorParameters<typeof PortsStep>[0]> = {},
): PortsStep {
  const log = (): void => undefined;
  const common = { sides, owner, env, settings: SETTINGS, targets: [], subnets: [], log };
  return new PortsStep({ ...common, ...rest });
}

/** Removes the port mappings of attachments of the network that are not valid any more. */
export async function collectPorts(
  sides: Sides,
  network: string,
  valid: readonly ValidAttachment[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const isStale = staleMarks(network, valid);
  for (const record of portRecords(env).list(network)) {
    if (!record.isStale && !isStale(ownerComment(record))) continue;
    await removal(sides, record, env).undo();
  }
  const elements = new OwnedElements(sides.nft, portsLayout);
  elements.removeFound(isStale);
  const sets = ["hairpin", "snat"].map((use) => `${use}-${networkMark(network)}-`);
  elements.sweep((set) => sets.some((start) => set.startsWith(start)));
  await collectChains(sides.nft, network, valid, env);
}

/** Chains of the iptables layout: the rules that lead to them name network and container. */
async function collectChains(
  nft: Nftables,
  network: string,
  valid: readonly ValidAttachment[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const keep = new Set(valid.map(({ containerID }) => containerID));
  const start = `dnat name: "${network}" id: "`;
  const stale = new Set<string>();
  for (const family of ["ip", "ip6"] as const) {
    for (const rule of nft.listRules(family, "nat", "CNI-HOSTPORT-DNAT")) {
      const comment = ruleComment(rule);
      if (comment?.startsWith(start) !== true || !comment.endsWith('"')) continue;
      const containerId = comment.slice(start.length, -1);
      if (!keep.has(containerId)) stale.add(containerId);
    }
  }
  for (const containerId of stale) {
    await removeIptables(nft, { network, containerId, ifName: "" }, env);
  }
}
