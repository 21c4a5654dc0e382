import { errorText } from "../../../base/index.ts";
import { BatchError } from "../../../kernel/netlink/index.ts";
import { route, rule } from "../../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, type Revert, type Step } from "../../../state/index.ts";
import { removeRoutes, restoreRoutes, routeText } from "../../../state/routes/index.ts";
import { checkSourceRouting } from "./check.ts";
import type { SourceRouting } from "./config.ts";
import { deleteRule, emptyTables, isRuleOf, ruleOf } from "./parts.ts";
import { makePlan, type Plan } from "./plan.ts";
import { type Entry, SourceRecords, type SourceTable } from "./record.ts";
import { removeSourceRouting } from "./remove.ts";

/**
 * A rule and a table for every address of the interface. Who applies, checks or undoes it holds the
 * lock on the namespace.
 */
export class SourceRoutingStep implements Step {
  readonly name = "source routing";
  readonly #config: SourceRouting;
  readonly #records: SourceRecords;

  constructor(config: SourceRouting) {
    this.#config = config;
    this.#records = new SourceRecords(config.env);
  }

  describe(): string {
    const { addresses, table, owner } = this.#config;
    const from = addresses.map(({ prefix }) => prefix.ip.toString());
    const whose = from.length === 0 ? `the addresses of ${owner.ifName}` : from.join(", ");
    return table === undefined
      ? `packets from ${whose} leave by ${owner.ifName}, by tables of their own`
      : `packets from ${whose} look into table ${table}`;
  }

  apply(): Revert {
    const { namespaces, owner } = this.#config;
    const own = namespaces.containerLinks.get({ name: owner.ifName });
    if (own === undefined) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `interface ${JSON.stringify(owner.ifName)} (CNI_IFNAME) is missing in the container`,
      );
    }
    const plan = makePlan(this.#config, own);
    const entries = this.#records.read(owner);
    const revert = (): void => {
      this.#takeBack(plan);
      this.#records.write(owner, entries);
    };
    try {
      this.#records.write(owner, [...entries, plan.entry]);
      this.#make(plan.entry);
      return revert;
    } catch (error) {
      throw afterCleanup(error, revert);
    }
  }

  check(): void {
    checkSourceRouting(this.#config, this.#records.read(this.#config.owner));
  }

  undo(): void {
    removeSourceRouting(this.#config, this.#records);
  }

  /** The tables are whole before a rule leads to them, and before the main table loses anything. */
  #make({ tables, moved, hints }: Entry): void {
    this.#addRoutes(tables);
    const { container } = this.#config.namespaces;
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

  #addRoutes(tables: readonly SourceTable[]): void {
    const routes = tables.flatMap((each) => each.routes);
    try {
      this.#config.namespaces.container.batch(routes.map(route.appendMessage));
    } catch (error) {
      const failed = error instanceof BatchError ? routes[error.index] : undefined;
      if (failed === undefined) throw error;
      throw refused(failed, error);
    }
  }

  /** Knows nothing of how far `#make` has come. */
  #takeBack({ entry, before, rulesBefore }: Plan): void {
    const { container } = this.#config.namespaces;
    const { moved, hints, tables, index, explicit } = entry;
    removeRoutes(this.#config.namespaces, hints);
    restoreRoutes(this.#config.namespaces, moved, before);
    const wasThere = new Set(rulesBefore.map(({ family, priority }) => `${family} ${priority}`));
    for (const each of rule.list(container)) {
      if (wasThere.has(`${each.family} ${each.priority}`)) continue;
      if (tables.some((own) => isRuleOf(each, own))) deleteRule(this.#config, each);
    }
    if (!explicit) emptyTables(this.#config, tables, index);
  }
}

function refused(failed: route.Route, cause: unknown): CniError {
  const reason = errorText(cause);
  return new CniError(
    ErrorCode.INVALID_NETWORK_CONFIG,
    `failed to add route ${routeText(failed)} to table ${failed.table}: ${reason}`,
    { details: "a gateway has to be in a network of the interface", cause },
  );
}
