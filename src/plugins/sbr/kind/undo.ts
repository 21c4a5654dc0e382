import type { Ip } from "../../../addr/index.ts";
import { address, ListLimitError, rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import type { Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { type OwnerStore, ownerRecords } from "../../../state/owner/index.ts";
import { ensureRoute, isOfAnother, linkFirst, removeRoutes } from "../../../state/routes/index.ts";
import { parseTable, sourceAddresses } from "../config.ts";
import { type Entry, readEntries, type SourceTable, writeEntries } from "./entries.ts";
import { deleteRule, emptyTables, isRuleOf, rulesOf } from "./rules.ts";

/**
 * Removes the rules. Where the interface is still there its routes go back to the main table, for
 * what is to be sent through it before it goes. What is gone already is fine.
 */
export function undoSourceRouting(scene: Scene): void {
  const { ctx, owner, namespaces } = scene;
  const store = ownerRecords(ctx, "sbr");
  const table = parseTable(ctx);
  const entries = readEntries(store, owner);
  const meant = entries.filter((each) =>
    table === undefined ? !each.explicit : each.tables.some((own) => own.table === table),
  );
  // The configuration has changed since ADD: then everything goes.
  const own = meant.length === 0 ? entries : meant;
  if (namespaces.netns === undefined) {
    writeEntries(store, owner, []);
    return;
  }
  try {
    if (own.length === 0) removeByAddress(scene, table, store);
    for (const entry of own) removeEntry(namespaces, owner.ifName, entry);
  } catch (error) {
    // The container has filled its own lists. They go with its namespace.
    if (!(error instanceof ListLimitError)) throw error;
    ctx.log(`sbr: ${error.message}`);
  }
  const left = entries.filter((each) => !own.includes(each));
  writeEntries(store, owner, left);
}

function removeEntry(namespaces: Namespaces, ifName: string, entry: Entry): void {
  const { tables, index, explicit } = entry;
  const isThere = namespaces.containerLinks.get(index)?.name === ifName;
  if (isThere) putBack(namespaces, entry);
  for (const each of rulesOf(namespaces, tables)) deleteRule(namespaces, each);
  if (isThere && !explicit) emptyTables(namespaces, tables, index);
}

/** What the kernel says of a route when an address or a network that it needs is gone by now. */
const STALE_ROUTE_ERRNOS: readonly number[] = [
  Errno.EINVAL,
  Errno.ENETUNREACH,
  Errno.EHOSTUNREACH,
  Errno.ENETDOWN,
  Errno.ENODEV,
];

function putBack(namespaces: Namespaces, { moved, hints }: Entry): void {
  removeRoutes(namespaces, hints);
  for (const each of linkFirst(moved)) {
    try {
      ensureRoute(namespaces, each, "last");
    } catch (error) {
      if (!isKernelError(error, ...STALE_ROUTE_ERRNOS)) throw error;
    }
  }
}

/** What other containers' records claim: the path may lead to the namespace of one of them by now. */
function claimedByOthers(store: OwnerStore, { containerId }: Attachment): SourceTable[] {
  const others = store.all().filter((record) => record.containerId !== containerId);
  return others.flatMap((record) => readEntries(store, record)).flatMap(({ tables }) => tables);
}

/** Without entries, as after an ADD of the Go plugin: the rules of the interface's addresses. */
function removeByAddress(scene: Scene, table: number | undefined, store: OwnerStore): void {
  const { namespaces } = scene;
  const sources = knownAddresses(scene);
  if (sources.length === 0) return;
  const claimed = claimedByOthers(store, scene.owner);
  const where = (each: rule.Rule): boolean =>
    sources.some((from) => isRuleOf(each, { from, table: each.table })) &&
    !claimed.some((other) => isRuleOf(each, other));
  for (const each of rule.list(namespaces.container, { table, where })) {
    deleteRule(namespaces, each);
  }
}

/**
 * Addresses on the link; when it is gone, those of the previous result that no other link has. None
 * when the link is proved to be another attachment's.
 */
function knownAddresses({ ctx, owner, namespaces }: Scene): Ip[] {
  const own = namespaces.containerLinks.get({ name: owner.ifName });
  if (own !== undefined) {
    if (isOfAnother(namespaces, own, owner)) return [];
    const present = address.list(namespaces.container, { index: own.index });
    return present.map(({ prefix }) => prefix.ip);
  }
  const known = sourceAddresses(ctx.prevResult, owner.ifName).map(({ prefix }) => prefix.ip);
  const isKnown = (ip: Ip): boolean => known.some((each) => each.equals(ip));
  const others = address.list(namespaces.container, { where: ({ prefix }) => isKnown(prefix.ip) });
  return known.filter((ip) => !others.some(({ prefix }) => prefix.ip.equals(ip)));
}
