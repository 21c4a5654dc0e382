import type { Ip } from "../../../addr/index.ts";
import { address, ListLimitError, rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import { type Finding, removed, restored, type Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { foundNote, type OwnerStore, ownerRecords } from "../../../state/owner/index.ts";
import {
  ensureRoute,
  isOfAnother,
  linkFirst,
  removeRoutes,
  routeText,
} from "../../../state/routes/index.ts";
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
  const { own, left, table } = ownEntries(scene);
  if (namespaces.netns === undefined) {
    writeEntries(store, owner, []);
    return;
  }
  try {
    if (own.length === 0) {
      for (const each of rulesByAddress(scene, table, store)) deleteRule(namespaces, each);
    }
    for (const entry of own) removeEntry(namespaces, owner.ifName, entry);
  } catch (error) {
    // The container has filled its own lists. They go with its namespace.
    if (!(error instanceof ListLimitError)) throw error;
    ctx.log(`sbr: ${error.message}`);
  }
  writeEntries(store, owner, left);
}

/** For a plan: what `undoSourceRouting` would remove and put back. */
export function foundSourceRouting(scene: Scene): readonly Finding[] {
  const { ctx, owner, namespaces } = scene;
  const store = ownerRecords(ctx, "sbr");
  const note = foundNote(store, owner);
  if (namespaces.netns === undefined) return note;
  const { own, table } = ownEntries(scene);
  const rules =
    own.length === 0
      ? rulesByAddress(scene, table, store)
      : own.flatMap(({ tables }) => rulesOf(namespaces, tables));
  const isThere = ({ index }: Entry): boolean =>
    namespaces.containerLinks.get(index)?.name === owner.ifName;
  const moved = own.filter(isThere).flatMap((entry) => entry.moved);
  return [
    ...rules.map((each) => removed(`rule from ${each.from?.toString()} to table ${each.table}`)),
    ...moved.map((each) => restored(`route ${routeText(each)} goes back to the main table`)),
    ...note,
  ];
}

/** The entries that a DEL of this configuration is about, and those that it leaves. */
function ownEntries({ ctx, owner }: Scene): {
  readonly own: readonly Entry[];
  readonly left: readonly Entry[];
  readonly table: number | undefined;
} {
  const table = parseTable(ctx);
  const entries = readEntries(ownerRecords(ctx, "sbr"), owner);
  const meant = entries.filter((each) =>
    table === undefined ? !each.explicit : each.tables.some((own) => own.table === table),
  );
  // The configuration has changed since ADD: then everything goes.
  const own = meant.length === 0 ? entries : meant;
  return { own, left: entries.filter((each) => !own.includes(each)), table };
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
function rulesByAddress(scene: Scene, table: number | undefined, store: OwnerStore): rule.Rule[] {
  const { namespaces } = scene;
  const sources = knownAddresses(scene);
  if (sources.length === 0) return [];
  const claimed = claimedByOthers(store, scene.owner);
  const where = (each: rule.Rule): boolean =>
    sources.some((from) => isRuleOf(each, { from, table: each.table })) &&
    !claimed.some((other) => isRuleOf(each, other));
  return rule.list(namespaces.container, { table, where });
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
