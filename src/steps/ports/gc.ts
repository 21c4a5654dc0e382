import type { Attachment, ValidAttachment } from "../../spec/index.ts";
import { collectElements } from "../elements/index.ts";
import { staleContainers } from "../iptables/index.ts";
import { networkMark } from "../owner/index.ts";
import type { Sides } from "../sides/index.ts";
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
  sides: Sides,
  owner: Attachment,
  env: Readonly<Record<string, string>>,
  known: Partial<Pick<Ports, "mappings" | "addresses">> = {},
): PortsStep {
  const log = (): void => undefined;
  const unknown = { mappings: [], addresses: [] };
  return new PortsStep({ sides, owner, env, settings: SETTINGS, log, ...unknown, ...known });
}

/** Removes the port mappings of attachments of the network that are not valid any more. */
export async function collectPorts(
  sides: Sides,
  network: string,
  valid: readonly ValidAttachment[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const sets = ["hairpin", "snat"].map((use) => `${use}-${networkMark(network)}-`);
  await collectElements({
    ...{ nft: sides.nft, layout: portsLayout, records: portRecords(env), network, valid },
    undo: (owner) => removal(sides, owner, env).undo(),
    isSweepable: (set) => sets.some((start) => set.startsWith(start)),
  });
  const leading = { chain: "CNI-HOSTPORT-DNAT", prefix: "dnat " } as const;
  for (const containerId of staleContainers(sides.nft, leading, network, valid)) {
    await removeIptables(sides.nft, { network, containerId, ifName: "" }, env);
  }
}
