import { Prefix } from "../../../addr/index.ts";
import { route, rule } from "../../../kernel/route/index.ts";
import { Errno, ignoring } from "../../../kernel/sys/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownPart, removeRoutes } from "../../../state/routes/index.ts";
import type { SourceTable } from "./entries.ts";

/** The rule for one address. The kernel chooses its priority: before the rules that are there. */
export function ruleOf({ from, table }: SourceTable): rule.RuleSpec {
  return { family: from.family, from: Prefix.ofHost(from), table };
}

/** Whether the rule leads all packets from that address, and nothing else, to that table. */
export function isRuleOf(
  each: rule.Rule,
  { from, table }: Pick<SourceTable, "from" | "table">,
): boolean {
  const narrowed = [each.to, each.iif, each.oif, each.mark, each.l3mdev, each.goto];
  return (
    each.table === table &&
    each.from?.equals(Prefix.ofHost(from)) === true &&
    each.action === rule.FR_ACT_TO_TBL &&
    !each.invert &&
    narrowed.every((selector) => selector === undefined)
  );
}

/** Fine when it is gone. */
export function deleteRule(namespaces: Namespaces, each: rule.Rule): void {
  ignoring([Errno.ENOENT], () => rule.delete(namespaces.container, each));
}

/** The rules that lead the packets of these tables' addresses to them. */
export function rulesOf(namespaces: Namespaces, tables: readonly SourceTable[]): rule.Rule[] {
  const where = (each: rule.Rule): boolean => tables.some((own) => isRuleOf(each, own));
  return rule.list(namespaces.container, { where });
}

/** Takes the routes that were put into tables of the interface's own out of them. */
export function emptyTables(
  namespaces: Namespaces,
  tables: readonly SourceTable[],
  index: number,
): void {
  for (const { table, from, routes } of tables) {
    if (routes.length === 0) continue;
    const { family } = from;
    const to = routes.map(({ dst }) => dst);
    const present = route.list(namespaces.container, { table, index, family, to });
    removeRoutes(
      namespaces,
      present.flatMap((each) => ownPart(each, index)?.route ?? []),
    );
  }
}
