import { errorText } from "../../../base/index.ts";
import { BatchError } from "../../../kernel/netlink/index.ts";
import { type link, route, rule } from "../../../kernel/route/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../../../spec/index.ts";
import { differs, type Kind, kindOf, ownLink, type Scene, unproved } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownerRecords, staleNotes } from "../../../state/owner/index.ts";
import {
  ensureRoute,
  isSameRoute,
  linkFirst,
  removeRoutes,
  restoreRoutes,
  routeText,
  withoutSource,
} from "../../../state/routes/index.ts";
import { checkSourceRouting } from "./check.ts";
import { type Entry, readEntries, type SourceTable, writeEntries } from "./entries.ts";
import { makePlan, type Plan, type SourceWanted } from "./plan.ts";
import { deleteRule, emptyTables, isRuleOf, ruleOf, rulesOf } from "./rules.ts";
import { foundSourceRouting, undoSourceRouting } from "./undo.ts";

/** A rule and a table for every address of the interface. ADD and DEL hold the lock on the namespace. */
export const sourceRouting: Kind<SourceWanted> = kindOf({
  name: "source routing",

  describe({ owner: { ifName } }, { addresses, table }) {
    const from = addresses.map(({ prefix }) => prefix.ip.toString());
    const whose = from.length === 0 ? `the addresses of ${ifName}` : from.join(", ");
    return table === undefined
      ? `packets from ${whose} leave by ${ifName}, by tables of their own`
      : `packets from ${whose} look into table ${table}`;
  },

  apply(scene, wanted, rollback) {
    const { namespaces, owner } = scene;
    const plan = makePlan(namespaces, wanted, linkOf(scene, wanted));
    const store = ownerRecords(scene.ctx, "sbr");
    const earlier = readEntries(store, owner);
    rollback.defer(() => {
      takeBack(namespaces, plan);
      writeEntries(store, owner, earlier);
    });
    writeEntries(store, owner, [...earlier, plan.entry]);
    make(namespaces, plan.entry);
  },

  /** By the notes of ADD alone: what the container's tables were then is in no other place. */
  restore(scene, wanted) {
    const entries = readEntries(ownerRecords(scene.ctx, "sbr"), scene.owner);
    const noted = entries.filter(({ explicit }) => explicit === (wanted.table !== undefined));
    if (noted.length === 0) throw unproved("source routing");
    const { index } = ownLink(scene);
    for (const entry of noted) {
      if (entry.index !== index) throw differs("the interface is not the one that ADD has routed");
      remake(scene.namespaces, entry);
    }
  },

  check(scene, wanted) {
    const entries = readEntries(ownerRecords(scene.ctx, "sbr"), scene.owner);
    checkSourceRouting(scene, wanted, entries);
  },

  ready({ namespaces }) {
    try {
      rule.list(namespaces.host);
    } catch (cause) {
      throw new CniError(
        ErrorCode.PLUGIN_NOT_AVAILABLE,
        "the kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)",
        { cause },
      );
    }
  },

  undo: undoSourceRouting,
  found: foundSourceRouting,
  stale: ({ ctx }, { network, isStale }) => staleNotes(ownerRecords(ctx, "sbr"), network, isStale),

  /** The rules themselves live and die with their namespaces. */
  async collect({ ctx }, { network, isStale }) {
    const store = ownerRecords(ctx, "sbr");
    await store.collect(network, isStale, async (owner) => store.remove(owner));
  },
});

function linkOf(scene: Scene, { addresses }: SourceWanted): link.Link {
  if (addresses.length > 0) return ownLink(scene);
  throw invalidConfig(
    `No IP addresses supplied on interface: ${scene.owner.ifName}`,
    'the "prevResult" has no address of this interface',
  );
}

/** The tables are whole before a rule leads to them, and before the main table loses anything. */
function make({ container }: Namespaces, { tables, moved, hints }: Entry): void {
  addRoutes(container, tables);
  const rules = tables.map(ruleOf);
  container.batch(
    [
      ...rules.map(rule.newMessage),
      ...moved.map(route.deleteMessage),
      ...hints.map(route.appendMessage),
    ],
    [
      ...rules.map(({ from, table }) => `add rule from ${from} lookup ${table}`),
      ...moved.map((each) => `take route ${routeText(each)} out of the main table`),
      ...hints.map((each) => `add route ${routeText(each)} to the main table`),
    ],
  );
}

/** Adds what is missing of the tables and rules, and takes out of the main table what came back. */
function remake(namespaces: Namespaces, { tables, moved, hints }: Entry): void {
  const wanted = [...tables.flatMap((each) => each.routes), ...hints];
  const present = route.list(namespaces.container, {
    to: [...wanted, ...moved].map(({ dst }) => dst),
  });
  const isThere = (one: route.Route): boolean =>
    present.some(
      (each) =>
        each.table === one.table &&
        (isSameRoute(each, one) || isSameRoute(each, withoutSource(one))),
    );
  for (const each of linkFirst(wanted.filter((one) => !isThere(one)))) {
    ensureRoute(namespaces, each, "last");
  }
  const rules = rulesOf(namespaces, tables);
  for (const each of tables) {
    if (!rules.some((found) => isRuleOf(found, each))) rule.add(namespaces.container, ruleOf(each));
  }
  const away = moved.filter((each) => !hints.some((hint) => isSameRoute(hint, each)));
  removeRoutes(namespaces, away.filter(isThere));
}

function addRoutes(container: Namespaces["container"], tables: readonly SourceTable[]): void {
  const routes = tables.flatMap((each) => each.routes);
  try {
    container.batch(routes.map(route.appendMessage));
  } catch (error) {
    const failed = error instanceof BatchError ? routes[error.index] : undefined;
    if (failed === undefined) throw error;
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `failed to add route ${routeText(failed)} to table ${failed.table}: ${errorText(error)}`,
      { details: "a gateway has to be in a network of the interface", cause: error },
    );
  }
}

/** However far `make` has come. */
function takeBack(namespaces: Namespaces, { entry, before, rulesBefore }: Plan): void {
  const { moved, hints, tables, index, explicit } = entry;
  removeRoutes(namespaces, hints);
  restoreRoutes(namespaces, moved, before);
  const wasThere = new Set(rulesBefore.map(({ family, priority }) => `${family} ${priority}`));
  for (const each of rulesOf(namespaces, tables)) {
    if (!wasThere.has(`${each.family} ${each.priority}`)) deleteRule(namespaces, each);
  }
  if (!explicit) emptyTables(namespaces, tables, index);
}
