import {
  Batch,
  type ChainSpec,
  type Expression,
  type Nftables,
  type Rule,
  type RuleSpec,
} from "../../kernel/nftables/index.ts";
import type { LaidSet, Layout } from "./layout.ts";

/** Remembers what a layout would make; it is never sent. */
class Promised extends Batch {
  readonly chains: ChainSpec[] = [];
  readonly rules: RuleSpec[] = [];

  override addChain(chain: ChainSpec): this {
    this.chains.push(chain);
    return this;
  }

  override addRule(rule: RuleSpec): this {
    this.rules.push(rule);
    return this;
  }
}

/**
 * What is missing of a layout's chains and rules and of the rules of these sets, in words, for
 * CHECK: elements that no rule looks up do nothing. Takes two short lists from the kernel, whatever
 * the number of elements.
 */
export function missingRule(
  nft: Nftables,
  layout: Layout,
  sets: readonly LaidSet[],
): string | undefined {
  const { family, table } = layout;
  const promised = new Promised();
  layout.lay(promised);
  for (const set of new Map(sets.map((each) => [each.name, each])).values()) {
    set.layRules?.(promised);
  }
  const chains = nft.listChains(family, table);
  for (const { name, hook } of promised.chains) {
    const found = chains.find((chain) => chain.name === name);
    if (found === undefined) return `table ${family} ${table} has no chain ${name}`;
    if (hook !== undefined && !covers(found.hook, hook)) {
      return `chain ${name} of table ${family} ${table} is not at hook ${hook.hook}`;
    }
  }
  const rules = nft.listRules(family, table);
  const missing = promised.rules.find((rule) => !rules.some((each) => isRule(each, rule)));
  if (missing === undefined) return undefined;
  return `chain ${missing.chain} of table ${family} ${table} lacks the rule${purpose(missing)}`;
}

function isRule(found: Rule, wanted: RuleSpec): boolean {
  if (found.chain !== wanted.chain) return false;
  if (found.expressions.length !== wanted.expressions.length) return false;
  return wanted.expressions.every((expression, at) => covers(found.expressions[at], expression));
}

/** Whether a value of the kernel's holds what was sent; it fills in what was left out. */
function covers(found: unknown, wanted: unknown): boolean {
  if (wanted instanceof Uint8Array) {
    return found instanceof Uint8Array && Buffer.from(found).equals(wanted);
  }
  if (typeof wanted !== "object" || wanted === null) return found === wanted;
  if (typeof found !== "object" || found === null) return false;
  return Object.entries(wanted).every(
    ([key, value]) => value === undefined || covers(found[key as keyof typeof found], value),
  );
}

function purpose({ expressions }: RuleSpec): string {
  const lookup = expressions.find((each: Expression) => each.kind === "lookup");
  return lookup?.kind === "lookup"
    ? ` that looks into ${lookup.set}`
    : " that the layout begins with";
}
