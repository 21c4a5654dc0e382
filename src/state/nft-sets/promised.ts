import {
  Batch,
  type Chain,
  type ChainSpec,
  type Expression,
  type Nftables,
  type Rule,
  type RuleSpec,
  type SetSpec,
} from "../../kernel/nftables/index.ts";
import type { LaidSet, Layout } from "./layout.ts";

/** A rule that a layout would make. */
export interface PromisedRule {
  readonly rule: RuleSpec;
  /** It comes before all that is there. */
  readonly isFirst: boolean;
}

/** Remembers what a layout would make; it is never sent. */
export class Promised extends Batch {
  readonly chains: ChainSpec[] = [];
  readonly sets: SetSpec[] = [];
  readonly rules: PromisedRule[] = [];

  /** What a layout begins with. */
  static of(layout: Layout): Promised {
    const promised = new Promised();
    layout.lay(promised);
    return promised;
  }

  /** What comes with a set. */
  static ofSet(set: LaidSet): Promised {
    const promised = new Promised();
    set.layRules?.(promised);
    return promised;
  }

  override addChain(chain: ChainSpec): this {
    this.chains.push(chain);
    return this;
  }

  override addSet(set: SetSpec): this {
    this.sets.push(set);
    return this;
  }

  override addRule(rule: RuleSpec): this {
    this.rules.push({ rule, isFirst: false });
    return this;
  }

  override insertRule(rule: RuleSpec): this {
    this.rules.push({ rule, isFirst: true });
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
  const base = Promised.of(layout);
  const own = new Map(sets.map((each) => [each.name, each]));
  const promised = [base, ...[...own.values()].map((set) => Promised.ofSet(set))];
  const chains = nft.listChains(family, table);
  for (const chain of base.chains) {
    const { name, hook } = chain;
    const found = chains.find((each) => each.name === name);
    if (found === undefined) return `table ${family} ${table} has no chain ${name}`;
    if (!isAtHook(found, chain)) {
      return `chain ${name} of table ${family} ${table} is not at hook ${hook?.hook ?? "none"}`;
    }
  }
  const rules = nft.listRules(family, table);
  const missing = promised
    .flatMap((each) => each.rules)
    .find(({ rule }) => !rules.some((each) => isRule(each, rule)))?.rule;
  if (missing === undefined) return undefined;
  return `chain ${missing.chain} of table ${family} ${table} lacks the rule${purpose(missing)}`;
}

/** Whether a chain of the kernel's stands where a layout wants it. */
export function isAtHook(found: Chain, { hook }: ChainSpec): boolean {
  return hook === undefined || covers(found.hook, hook);
}

/** Whether a rule of the kernel's is the one that a layout would make. */
export function isRule(found: Rule, wanted: RuleSpec): boolean {
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
