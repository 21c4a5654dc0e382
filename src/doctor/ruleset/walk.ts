/**
 * A packet's way through the rules of a hook, as far as it can be said without sending one. A rule
 * matches, does not, or may: what may match leaves a doubt, and the walk goes on behind it.
 */
import { defined } from "../../base/index.ts";
import {
  type Chain,
  type Family,
  type HookName,
  type Rule,
  ruleComment,
} from "../../kernel/nftables/index.ts";
import { type Ending, RuleRun } from "./instructions.ts";
import type { Marks } from "./load.ts";
import { Mark } from "./mark.ts";
import type { Packet } from "./packet.ts";
import type { DecidingRule, RoutingSource, Ruleset } from "./source.ts";
import type { Translation } from "./translation.ts";

/** What becomes of a packet at a hook. */
export interface Passage {
  /** Where it is dropped or refused; undefined when it passes. */
  readonly dropped?: DecidingRule;
  /** Where it may be dropped: a match that cannot be judged decides. */
  readonly doubts: readonly DecidingRule[];
  readonly translation?: Translation & { readonly by: DecidingRule };
  /** Whether a rule that cannot be judged may translate it. */
  readonly mayTranslate: boolean;
}

/** More jumps than the kernel allows. */
const DEPTH_MAX = 16;

/** One packet, which keeps its marks from hook to hook. */
export class Walk {
  readonly #ruleset: Ruleset;
  readonly #routing: RoutingSource;
  readonly #marks: Marks = { packet: new Mark(), connection: new Mark() };

  constructor(ruleset: Ruleset, routing: RoutingSource) {
    this.#ruleset = ruleset;
    this.#routing = routing;
  }

  /** Passes a hook. `families` are those whose chains the packet meets there. */
  pass(hook: HookName, packet: Packet, families: readonly Family[] = familiesOf(packet)): Passage {
    const doubts: DecidingRule[] = [];
    let translation: Passage["translation"];
    let mayTranslate = false;
    for (const chain of this.#ruleset.at(hook, families)) {
      const isNat = chain.hook?.type === "nat";
      // The kernel asks the first packet of a connection alone, and is content with one answer.
      if (isNat && (packet.isReply || translation !== undefined)) continue;
      const run = new ChainRun(this.#ruleset, this.#routing, this.#marks, { packet, hook });
      const end = run.base(chain);
      mayTranslate ||= run.mayTranslate;
      doubts.push(...run.drops);
      if (end?.kind === "drop") {
        const dropped = end.place;
        if (!run.mayAccept) return { dropped, doubts, mayTranslate, ...defined({ translation }) };
        doubts.push(dropped);
      }
      if (end?.kind === "translate") translation = { ...end.translation, by: end.place };
    }
    return { doubts, mayTranslate, ...defined({ translation }) };
  }
}

/** The chains that a routed packet meets. */
function familiesOf({ destination }: Packet): Family[] {
  return [destination.family === 4 ? "ip" : "ip6", "inet"];
}

type End =
  | { readonly kind: "accept" | "return" | "drop"; readonly place: DecidingRule }
  | { readonly kind: "translate"; readonly translation: Translation; readonly place: DecidingRule };

/** One base chain, with what it jumps to. */
class ChainRun {
  /** Places that may drop the packet. */
  readonly drops: DecidingRule[] = [];
  mayAccept = false;
  mayTranslate = false;
  readonly #ruleset: Ruleset;
  readonly #routing: RoutingSource;
  readonly #marks: Marks;
  readonly #packet: Packet;
  readonly #hook: HookName;

  constructor(
    ruleset: Ruleset,
    routing: RoutingSource,
    marks: Marks,
    { packet, hook }: { readonly packet: Packet; readonly hook: HookName },
  ) {
    this.#ruleset = ruleset;
    this.#routing = routing;
    this.#marks = marks;
    this.#packet = packet;
    this.#hook = hook;
  }

  base(chain: Chain): End | undefined {
    const end = this.#chain(chain, chain.name, { depth: 0, isSure: true });
    if (end !== undefined && end.kind !== "return") return end;
    if (chain.hook?.policy !== "drop") return undefined;
    const { family, table, name } = chain;
    return { kind: "drop", place: { family, table, chain: name, hook: this.#hook } };
  }

  #chain(
    { family, table }: Pick<Chain, "family" | "table">,
    name: string,
    how: { readonly depth: number; readonly isSure: boolean },
  ): End | undefined {
    if (how.depth > DEPTH_MAX) return undefined;
    for (const rule of this.#ruleset.rules(family, table, name)) {
      this.#ruleset.step();
      const end = this.#rule(rule, how);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  /** Undefined: the packet goes on to the next rule. */
  #rule(rule: Rule, how: { readonly depth: number; readonly isSure: boolean }): End | undefined {
    const run = new RuleRun(rule, this.#packet, {
      marks: this.#marks,
      routing: this.#routing,
      elements: this.#ruleset.elements,
      isSure: how.isSure,
    });
    const { ending, isSure } = run.run();
    if (ending === undefined) return undefined;
    const certain = how.isSure && isSure;
    const end = this.#end(rule, ending, { depth: how.depth, isSure: certain });
    if (end === undefined || certain) return end;
    if (isSure) return this.#doubt(end); // ends the branch, which itself was entered in doubt
    this.#doubt(end);
    return undefined;
  }

  #end(
    rule: Rule,
    ending: Ending,
    how: { readonly depth: number; readonly isSure: boolean },
  ): End | undefined {
    const place = this.#placeOf(rule);
    switch (ending.kind) {
      case "jump":
      case "goto": {
        const next = { depth: how.depth + 1, isSure: how.isSure };
        const end = this.#chain(rule, ending.chain, next);
        if (end !== undefined && end.kind !== "return") return end;
        return ending.kind === "goto" ? { kind: "return", place } : undefined;
      }
      case "translate":
        return { kind: "translate", translation: ending.translation, place };
      default:
        return { kind: ending.kind, place };
    }
  }

  #doubt(end: End): End {
    if (end.kind === "drop" && !this.drops.includes(end.place)) this.drops.push(end.place);
    if (end.kind === "accept") this.mayAccept = true;
    if (end.kind === "translate") this.mayTranslate = true;
    return { kind: "return", place: end.place };
  }

  #placeOf(rule: Rule): DecidingRule {
    const { family, table, chain, handle } = rule;
    const comment = ruleComment(rule);
    return { family, table, chain, hook: this.#hook, handle, ...defined({ comment }) };
  }
}
