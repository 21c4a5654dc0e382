import type { Prefix } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import type { Attachment, JsonValue } from "../../../spec/index.ts";
import { type Finding, type Garbage, removed, type Scene } from "../../../state/index.ts";
import { presentTables, staleContainers } from "../../../state/iptables/index.ts";
import {
  AttachmentElements,
  type ClaimSettings,
  Claims,
  collectElements,
  elementText,
  type FoundElement,
  nftables,
  OwnedElements,
  type WantedElement,
} from "../../../state/nft-sets/index.ts";
import { parseMappingsLeniently } from "../config.ts";
import { forgetFlowsThrough } from "./flows.ts";
import { removeIptables } from "./iptables.ts";
import { containerAddresses, type Target, targetsOf } from "./mapping.ts";
import { removeNftables } from "./nftables.ts";
import { hostNat, portElements, portsLayout, targetOfElement } from "./own.ts";
import { type PortRecord, portRecords, recordFromJson } from "./record.ts";

/** What an attachment has in our own layout. */
export function elementsOf(scene: Scene, refuse?: ClaimSettings["refuse"]): AttachmentElements {
  const { namespaces, owner } = scene;
  const claims = claimsOf(scene, refuse);
  return new AttachmentElements(nftables(namespaces), portsLayout, owner, claims);
}

/** Where the rules stand that lead to containers' chains in the iptables layout. */
export const LEADING = { chain: "CNI-HOSTPORT-DNAT", prefix: "dnat " } as const;

function claimsOf(scene: Scene, refuse?: ClaimSettings["refuse"]): Claims {
  const records = portRecords(scene.ctx);
  return new Claims(scene, { layout: portsLayout, records, recorded, ...defined({ refuse }) });
}

/**
 * Removes every layout, and with it the flows that it led. The previous result and the mappings,
 * where DEL gets them, tell what identity cannot.
 */
export async function undo(scene: Scene): Promise<void> {
  const { prevResult, ifName } = scene.ctx;
  const addresses = prevResult === undefined ? [] : containerAddresses(prevResult, ifName);
  const ips = addresses.map(({ ip }) => ip);
  await remove(scene, addresses, targetsOf(parseMappingsLeniently(scene.ctx), ips));
}

/** Removes the port mappings of attachments that are not valid any more. */
export async function collect(scene: Scene, garbage: Garbage): Promise<void> {
  const { namespaces, ctx } = scene;
  const { network, valid } = garbage;
  const nft = nftables(namespaces);
  await collectElements({
    ...garbage,
    ...{ nft, layout: portsLayout, records: portRecords(ctx) },
    undo: async (owner) => await remove({ ...scene, owner }, [], []),
    claims: claimsOf(scene),
  });
  hostNat(nft).mend();
  for (const containerId of staleContainers(nft, LEADING, network, valid)) {
    await removeIptables(nft, { network, containerId, ifName: "" }, ctx.env);
  }
}

/** The elements of our own layout whose mark `isStale`. */
export function staleOwn(scene: Scene, isStale: (mark: string) => boolean): FoundElement[] {
  const nft = nftables(scene.namespaces);
  return new OwnedElements(nft, portsLayout, claimsOf(scene)).search(isStale);
}

/** The turns that attachments of such marks wait for. */
export function staleTurns(scene: Scene, isStale: (mark: string) => boolean): Finding[] {
  const waiting = claimsOf(scene).waitingOf(isStale);
  return waiting.map((claim) => removed(`turn for ${elementText(claim)}`));
}

/** Removes the attachment's rules in the layouts of the reference plugins. */
export async function removeReferenceLayouts(
  { namespaces, ctx }: Scene,
  owner: Attachment,
  addresses: readonly Prefix[],
): Promise<void> {
  const nft = nftables(namespaces);
  // Mostly none of their tables is there.
  const hasTable = presentTables(nft);
  const known = new Set(addresses.map(({ ip }) => ip.toString()));
  removeNftables(nft, owner, known, hasTable);
  await removeIptables(nft, owner, ctx.env, hasTable);
}

/** The elements that a record's data speak of. */
function recorded(owner: Attachment, data: JsonValue): WantedElement[] {
  const record = recordFromJson(data);
  return record === undefined ? [] : elementsOfRecord(owner, record);
}

/** Every element that the recorded mappings may have in our own layout. */
export function elementsOfRecord({ network }: Attachment, record: PortRecord): WantedElement[] {
  if (record.backend !== "own") return [];
  return record.snat.flatMap((snat) => portElements(network, { ...record, snat }));
}

async function remove(
  scene: Scene,
  addresses: readonly Prefix[],
  targets: readonly Target[],
): Promise<void> {
  const { owner } = scene;
  const records = portRecords(scene.ctx);
  const recorded = recordFromJson(records.read(owner)?.data);
  const found = elementsOf(scene)
    .remove(recorded && elementsOfRecord(owner, recorded))
    .flatMap(({ set, element }) => targetOfElement(set.name, element.key, element.data) ?? []);
  await removeReferenceLayouts(scene, owner, [...addresses, ...(recorded?.addresses ?? [])]);
  forgetFlowsThrough([...targets, ...(recorded?.targets ?? []), ...found]);
  records.remove(owner);
}
