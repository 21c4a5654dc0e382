import type { Ip } from "../../../addr/index.ts";
import { address, rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { ensureRoute, linkFirst, removeRoutes } from "../../../state/routes/index.ts";
import type { SourceRouting } from "./config.ts";
import { deleteRule, emptyTables, isRuleOf } from "./parts.ts";
import type { Entry, SourceRecords } from "./record.ts";

/**
 * DEL: removes the rules. Where the interface is still there its routes go back to the main table,
 * for whatever is to be said through it before it goes. What is gone already is fine.
 */
export function removeSourceRouting(config: SourceRouting, records: SourceRecords): void {
  const { namespaces, owner, table } = config;
  const entries = records.read(owner);
  const meant = entries.filter((each) =>
    table === undefined ? !each.explicit : each.tables.some((own) => own.table === table),
  );
  // Somebody has changed the configuration since: then everything goes.
  const own = meant.length === 0 ? entries : meant;
  if (namespaces.netns !== undefined) {
    if (own.length === 0) removeByAddress(config);
    for (const entry of own) removeEntry(config, entry);
  }
  records.write(
    owner,
    namespaces.netns === undefined ? [] : entries.filter((each) => !own.includes(each)),
  );
}

function removeEntry(config: SourceRouting, entry: Entry): void {
  const { namespaces, owner } = config;
  const { tables, index, explicit } = entry;
  const isThere = namespaces.containerLinks.get(index)?.name === owner.ifName;
  if (isThere) putBack(config, entry);
  for (const each of rule.list(namespaces.container)) {
    if (tables.some((own) => isRuleOf(each, own))) deleteRule(config, each);
  }
  if (isThere && !explicit) emptyTables(config, tables, index);
}

/** What the kernel says of a route when an address or a network that it needs is gone by now. */
const OUTLIVED: readonly number[] = [
  Errno.EINVAL,
  Errno.ENETUNREACH,
  Errno.EHOSTUNREACH,
  Errno.ENETDOWN,
  Errno.ENODEV,
];

function putBack({ namespaces }: SourceRouting, { moved, hints }: Entry): void {
  removeRoutes(namespaces, hints);
  for (const each of linkFirst(moved)) {
    try {
      ensureRoute(namespaces, each, "last");
    } catch (error) {
      if (!isKernelError(error, ...OUTLIVED)) throw error;
    }
  }
}

/** Without notes, as after an ADD of the Go plugin: the rules of the interface's addresses. */
function removeByAddress(config: SourceRouting): void {
  const { namespaces, table } = config;
  const sources = knownAddresses(config);
  for (const each of rule.list(namespaces.container)) {
    const from = each.from?.ip;
    if (from === undefined || (table !== undefined && each.table !== table)) continue;
    if (sources.some((source) => isRuleOf(each, { from: source, table: each.table }))) {
      deleteRule(config, each);
    }
  }
}

/** Addresses on the link; when it is gone, those of the previous result that no other link has. */
function knownAddresses({ namespaces, owner, addresses }: SourceRouting): Ip[] {
  const own = namespaces.containerLinks.get({ name: owner.ifName });
  const present = address.list(namespaces.container);
  if (own !== undefined) {
    return present.filter(({ index }) => index === own.index).map(({ prefix }) => prefix.ip);
  }
  return addresses
    .map(({ prefix }) => prefix.ip)
    .filter((ip) => !present.some(({ prefix }) => prefix.ip.equals(ip)));
}
