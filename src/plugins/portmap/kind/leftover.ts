/** What a DEL or a GC would remove of port mappings, by the same search; touches nothing. */
import { type Finding, type Garbage, removed, type Scene } from "../../../state/index.ts";
import { staleContainers } from "../../../state/iptables/index.ts";
import { elementText, type FoundElement, nftables } from "../../../state/nft-sets/index.ts";
import { foundNote, staleNotes } from "../../../state/owner/index.ts";
import { foundIptables } from "./iptables.ts";
import { containerAddresses, targetText } from "./mapping.ts";
import { foundNftables } from "./nftables.ts";
import { portsLayout, targetOfElement } from "./own.ts";
import { portRecords, recordFromJson } from "./record.ts";
import { elementsOf, elementsOfRecord, LEADING, staleOwn, staleTurns } from "./remove.ts";

/** What `undo` would remove: of our own layout by record or mark, and of those of the reference plugins. */
export async function found(scene: Scene): Promise<readonly Finding[]> {
  const { ctx, owner, namespaces } = scene;
  const nft = nftables(namespaces);
  const records = portRecords(ctx);
  const recorded = recordFromJson(records.read(owner)?.data);
  const elements = elementsOf(scene);
  const mapped = recorded && elementsOfRecord(owner, recorded);
  const own = elements.found(mapped).map(textOf);
  const { prevResult, ifName } = ctx;
  const addresses = prevResult === undefined ? [] : containerAddresses(prevResult, ifName);
  const known = [...addresses, ...(recorded?.addresses ?? [])].map(({ ip }) => ip.toString());
  const others = [
    ...foundNftables(nft, owner, new Set(known)),
    ...(await foundIptables(nft, owner, ctx.env)),
  ];
  return [
    ...[...own, ...others].map(removed),
    ...elements.turns(mapped),
    ...foundNote(records, owner),
  ];
}

/** What `collect` would remove. */
export async function stale(scene: Scene, garbage: Garbage): Promise<readonly Finding[]> {
  const { ctx, namespaces } = scene;
  const { network, valid, isStale } = garbage;
  const nft = nftables(namespaces);
  const isLaid = nft.getTable(portsLayout.family, portsLayout.table) !== undefined;
  const texts = isLaid ? staleOwn(scene, isStale).map(textOf) : [];
  for (const containerId of staleContainers(nft, LEADING, network, valid)) {
    texts.push(...(await foundIptables(nft, { network, containerId, ifName: "" }, ctx.env)));
  }
  const records = portRecords(ctx);
  for (const owner of records.staleRecords(network, isStale)) {
    texts.push(...foundNftables(nft, owner, new Set()));
  }
  return [
    ...[...new Set(texts)].map(removed),
    ...staleTurns(scene, isStale),
    ...staleNotes(records, network, isStale),
  ];
}

/** A mapping as all reports have it, and any other element by its set. */
function textOf(element: FoundElement): string {
  const { set, element: each } = element;
  const target = targetOfElement(set.name, each.key, each.data);
  return target === undefined ? elementText(element) : targetText(target);
}
