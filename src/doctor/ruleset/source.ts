/** What a walk through a ruleset reads, and what it asks of the host around it. */
import type { Ip } from "../../addr/index.ts";
import type { Chain, Family, HookName, Nftables, Rule } from "../../kernel/nftables/index.ts";

/** The ruleset of a namespace: a netfilter socket has all of it. */
export type RulesetSource = Pick<
  Nftables,
  "listChains" | "listRules" | "getElement" | "getSet" | "isSetEmpty"
>;

/** What rules ask of the namespace beside the packet. */
export interface RoutingSource {
  /** RTN_ number of an address in the eyes of the namespace. */
  addressType(ip: Ip): number;
  /** Index of the link by which an address is reached; undefined when there is no route. */
  linkTo(ip: Ip): number | undefined;
}

/** Where a packet's fate was decided. */
export interface DecidingRule {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly hook: HookName;
  /** Of the rule; absent for the policy of the chain. */
  readonly handle?: bigint;
  readonly comment?: string;
}

/** How much of a ruleset is looked at. */
export interface RulesetBounds {
  /** Rules that are read. */
  readonly rules: number;
  /** Rules that all packets together are led through: chains may jump to each other in very many ways. */
  readonly steps: number;
}

/** A host's ruleset is its root's own. */
const HOST_BOUNDS: RulesetBounds = { rules: 200_000, steps: Number.POSITIVE_INFINITY };

/** Chains and rules, each read once. What is beyond the bounds is an error: of the rest nothing can be said. */
export class Ruleset {
  readonly #source: RulesetSource;
  readonly #bounds: RulesetBounds;
  readonly #rules = new Map<string, readonly Rule[]>();
  #chains: readonly Chain[] | undefined;
  #count = 0;
  #steps = 0;

  constructor(source: RulesetSource, bounds: RulesetBounds = HOST_BOUNDS) {
    this.#source = source;
    this.#bounds = bounds;
  }

  get elements(): Pick<RulesetSource, "getElement" | "getSet" | "isSetEmpty"> {
    return this.#source;
  }

  get chains(): readonly Chain[] {
    this.#chains ??= this.#source.listChains();
    return this.#chains;
  }

  /** The base chains of a hook that packets of these families meet, in their order. */
  at(hook: HookName, families: readonly Family[]): readonly Chain[] {
    return this.chains
      .filter((chain) => chain.hook?.hook === hook && families.includes(chain.family))
      .sort((one, other) => (one.hook?.priority ?? 0) - (other.hook?.priority ?? 0));
  }

  rules(family: Family, table: string, chain: string): readonly Rule[] {
    const key = `${family} ${table} ${chain}`;
    let rules = this.#rules.get(key);
    if (rules === undefined) {
      rules = this.#source.listRules(family, table, chain);
      this.#count += rules.length;
      if (this.#count > this.#bounds.rules) {
        throw new Error(`the chains have more than ${this.#bounds.rules} rules`);
      }
      this.#rules.set(key, rules);
    }
    return rules;
  }

  /** Counts a rule that a packet is led through. */
  step(): void {
    if (++this.#steps <= this.#bounds.steps) return;
    throw new Error(`packets meet rules more than ${this.#bounds.steps} times`);
  }
}
