import type { Attachment, ValidAttachment } from "../../../spec/index.ts";
import { staleContainers } from "../../../state/iptables/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { collectElements, nftables } from "../../../state/nft-sets/index.ts";
import { networkMark } from "../../../state/owner/index.ts";
import { removeIptables } from "./iptables.ts";
import { portsLayout } from "./own.ts";
import { type Ports, PortsStep, portRecords } from "./step.ts";

const SETTINGS = {
  backend: "own",
  snat: true,
  masqAll: false,
  markMasqBit: 0,
  externalSetMarkChain: undefined,
  conditionsV4: [],
  conditionsV6: [],
} as const;

/** The step that removes everything that any configuration could have made for an attachment. */
export function removal(
  namespaces: Namespaces,
  owner: Attachment,
  env: Readonly<Record<string, string>>,
  known: Partial<Pick<Ports, "mappings" | "addresses">> = {},
): PortsStep {
  const log = (): void => undefined;
  const unknown = { mappings: [], addresses: [] };
  return new PortsStep({ namespaces, owner, env, settings: SETTINGS, log, ...unknown, ...known });
}

/** Removes the port mappings of attachments of the network that are not valid any more. */
export async function collectPorts(
  namespaces: Namespaces,
  network: string,
  valid: readonly ValidAttachment[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const sets = ["hairpin", "snat"].map((use) => `${use}-${networkMark(network)}-`);
  await collectElements({
    ...{
      nft: nftables(namespaces),
      layout: portsLayout,
      records: portRecords(env),
      network,
      valid,
    },
    undo: (owner) => removal(namespaces, owner, env).undo(),
    isSweepable: (set) => sets.some((start) => set.startsWith(start)),
  });
  const leading = { chain: "CNI-HOSTPORT-DNAT", prefix: "dnat " } as const;
  for (const containerId of staleContainers(nftables(namespaces), leading, network, valid)) {
    await removeIptables(nftables(namespaces), { network, containerId, ifName: "" }, env);
  }
}
