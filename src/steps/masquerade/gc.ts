import type { Attachment, ValidAttachment } from "../../spec/index.ts";
import { collectElements } from "../elements/index.ts";
import { staleContainers } from "../iptables/index.ts";
import { networkMark } from "../owner/index.ts";
import type { Sides } from "../sides/index.ts";
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
  sides: Sides,
  network: string,
  valid: readonly ValidAttachment[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await collectElements({
    ...{ nft: sides.nft, layout: masqueradeLayout, records: masqueradeRecords(env) },
    ...{ network, valid },
    undo: (owner) => undoOf(sides, owner, env),
    isSweepable: (set) => set.startsWith(`from-${networkMark(network)}-`),
  });
  const leading = { chain: "POSTROUTING", prefix: "" } as const;
  for (const containerId of staleContainers(sides.nft, leading, network, valid)) {
    await removeIptables(sides.nft, { network, containerId, ifName: "" }, env);
  }
  collectNftables(sides.nft, network, valid);
}

async function undoOf(
  sides: Sides,
  owner: Attachment,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await new MasqueradeStep({ sides, owner, env, backend: "own", addresses: () => [] }).undo();
}
