import type { Attachment, ValidAttachment } from "../../spec/index.ts";
import { staleContainers } from "../iptables/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { collectElements, nftables } from "../nft-sets/index.ts";
import { networkMark } from "../owner/index.ts";
import { removeIptables } from "./iptables.ts";
import { collectNftables } from "./nftables.ts";
import { masqueradeLayout } from "./own.ts";
import { MasqueradeStep, masqueradeRecords } from "./step.ts";

/**
 * Removes the masquerading of attachments of the network that are not valid any more: in our own
 * layout by mark and by record, with sets and tables that became empty, and in the layouts of the
 * reference plugins by the comments of their rules.
 */
export async function collectMasquerade(
  namespaces: Namespaces,
  network: string,
  valid: readonly ValidAttachment[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await collectElements({
    ...{ nft: nftables(namespaces), layout: masqueradeLayout, records: masqueradeRecords(env) },
    ...{ network, valid },
    undo: (owner) => undoOf(namespaces, owner, env),
    isSweepable: (set) => set.startsWith(`from-${networkMark(network)}-`),
  });
  const leading = { chain: "POSTROUTING", prefix: "" } as const;
  for (const containerId of staleContainers(nftables(namespaces), leading, network, valid)) {
    await removeIptables(nftables(namespaces), { network, containerId, ifName: "" }, env);
  }
  collectNftables(nftables(namespaces), network, valid);
}

async function undoOf(
  namespaces: Namespaces,
  owner: Attachment,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await new MasqueradeStep({ namespaces, owner, env, backend: "own", addresses: () => [] }).undo();
}
