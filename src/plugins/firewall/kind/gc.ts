import type { Attachment, ValidAttachment } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { collectElements, nftables } from "../../../state/nft-sets/index.ts";
import { staleMarks } from "../../../state/owner/index.ts";
import type { Firewall, FirewallSettings } from "./firewall.ts";
import { Gate } from "./gate.ts";
import { removeGoneIsolation } from "./iptables-isolation.ts";
import { removeGoneBridges } from "./isolation.ts";
import { firewallLayout, isContainerSet } from "./layout.ts";
import { claimRecords, firewallRecords } from "./records.ts";
import { FirewallStep } from "./step.ts";

type Env = Readonly<Record<string, string>>;

/** The step that removes what any configuration could have made for an attachment. */
export function removal(
  firewall: Omit<Firewall, "settings" | "log">,
  settings: FirewallSettings,
): FirewallStep {
  return new FirewallStep({ ...firewall, settings, log: () => undefined });
}

/**
 * Removes what belongs to attachments of the network that are not valid any more, and the policies
 * of bridges that are gone.
 */
export async function collectFirewall(
  namespaces: Namespaces,
  network: string,
  valid: readonly ValidAttachment[],
  env: Env,
  settings: FirewallSettings,
): Promise<void> {
  removeGoneBridges(namespaces);
  await removeGoneIsolation(namespaces, env);
  const unknown = { addresses: [], bridge: undefined };
  await collectElements({
    ...{
      nft: nftables(namespaces),
      layout: firewallLayout,
      records: firewallRecords(env),
      network,
      valid,
    },
    undo: (owner: Attachment) => removal({ namespaces, owner, env, ...unknown }, settings).undo(),
    isSweepable: isContainerSet,
  });
  const claims = claimRecords(env);
  const isStale = staleMarks(network, valid);
  for (const claim of claims.list("")) {
    if (typeof claim.data === "string" && isStale(claim.data)) claims.remove(claim);
  }
  await Gate.close(nftables(namespaces), env);
}
