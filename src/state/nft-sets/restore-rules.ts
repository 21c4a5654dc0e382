import {
  type Batch,
  type Nftables,
  type Rule,
  type RuleSpec,
  ruleVerdict,
} from "../../kernel/nftables/index.ts";
import { differs } from "../differs.ts";
import type { LaidSet, Layout } from "./layout.ts";
import { isAtHook, isRule, Promised, type PromisedRule } from "./promised.ts";

/**
 * Adds what a table lacks of its layout, and of these sets and their rules: sets, chains, and each
 * rule at its place among those that are there. What is there stays.
 * @throws CniError for a chain that stands at another hook
 */
export function restoreRules(
  nft: Nftables,
  batch: Batch,
  layout: Layout,
  sets: readonly LaidSet[],
): void {
  const base = Promised.of(layout);
  const { family, table } = layout;
  const all = new Map([...base.sets, ...sets].map((set) => [set.name, set]));
  for (const set of all.values()) {
    if (nft.getSet(family, table, set.name) === undefined) batch.addSet(set);
  }
  const chains = nft.listChains(family, table);
  for (const chain of base.chains) {
    const found = chains.find(({ name }) => name === chain.name);
    if (found === undefined) batch.addChain(chain);
    else if (!isAtHook(found, chain)) {
      const advice = `nft delete table ${family} ${table}, then sync again`;
      throw differs(`chain ${chain.name} of table ${family} ${table} is at another hook`, advice);
    }
  }
  const present = nft.listRules(family, table);
  for (const { name } of base.chains) {
    const own = base.rules.filter(({ rule }) => rule.chain === name);
    const there = present.filter(({ chain }) => chain === name);
    restoreBase(batch, own, there);
  }
  for (const { rule, isFirst } of sets.flatMap((set) => Promised.ofSet(set).rules)) {
    if (present.some((each) => isRule(each, rule))) continue;
    if (isFirst) batch.insertRule(rule);
    else batch.addRule(rule);
  }
}

/** The rules that a chain begins with, in their order: before the next that is there, or behind the last. */
function restoreBase(batch: Batch, rules: readonly PromisedRule[], present: readonly Rule[]): void {
  const found = rules.map(({ rule }) => present.find((each) => isRule(each, rule)));
  const lastFound = found.findLastIndex((each) => each !== undefined);
  const behind: RuleSpec[] = [];
  rules.forEach(({ rule }, at) => {
    if (found[at] !== undefined) return;
    const next = found.slice(at).find((each) => each !== undefined);
    if (next !== undefined) batch.insertRule({ ...rule, position: next.handle });
    else behind.push(rule);
  });
  if (behind.length === 0) return;
  // Rules that leave packets alone were put before the layout's own.
  const anchor =
    found[lastFound] ?? present.findLast((each) => ruleVerdict(each)?.verdict === "return");
  if (anchor !== undefined) {
    for (const rule of behind.toReversed()) batch.addRule({ ...rule, position: anchor.handle });
  } else if (present.length > 0) for (const rule of behind.toReversed()) batch.insertRule(rule);
  else for (const rule of behind) batch.addRule(rule);
}
