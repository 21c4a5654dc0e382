/** The instructions of one rule, carried out on a packet of which a part is known. */
import { Ip } from "../../addr/index.ts";
import {
  type Bitwise,
  type Cmp,
  type Expression,
  isVerdict,
  type Lookup,
  type Nat,
  type Range,
  REG_VERDICT,
  type Rule,
  type Verdict,
} from "../../kernel/nftables/index.ts";
import { type Loaded, loadCt, loadFib, loadMeta, loadPayload, type Marks } from "./load.ts";
import type { Mark } from "./mark.ts";
import type { Packet } from "./packet.ts";
import { compare, isEqual, known, Registers } from "./registers.ts";
import type { RoutingSource, RulesetSource } from "./source.ts";
import type { Translation } from "./translation.ts";
import { applyXt, matchXt } from "./xt.ts";

/** What a rule does with a packet that matches. */
export type Ending =
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string }
  | { readonly kind: "translate"; readonly translation: Translation };

/** What a rule is carried out on beside the packet. */
export interface RuleWorld {
  readonly marks: Marks;
  readonly routing: RoutingSource;
  readonly elements: Pick<RulesetSource, "getElement" | "getSet" | "isSetEmpty">;
  /** Whether the packet certainly comes here. */
  readonly isSure: boolean;
}

/** One instruction's word: on to the next, no match, a match that may be, or the rule's end. */
type Step = "go" | "no" | "perhaps" | Ending;

const NFPROTO = { 4: 2, 6: 10 } as const;

/** Instructions without an effect on the packet's way. */
const IDLE = new Set(["log", "last", "objref", "notrack", "flow_offload", "dup"]);
/** Instructions that match now and then. */
const MOODY = new Set(["limit", "quota", "connlimit", "socket", "osf", "dynset", "synproxy"]);

/** One rule on one packet. */
export class RuleRun {
  readonly #rule: Rule;
  readonly #packet: Packet;
  readonly #world: RuleWorld;
  readonly #registers = new Registers();
  #isSure = true;

  constructor(rule: Rule, packet: Packet, world: RuleWorld) {
    this.#rule = rule;
    this.#packet = packet;
    this.#world = world;
  }

  /** How the rule ends the packet's way in its chain, if it does; `isSure` when it certainly does. */
  run(): { readonly ending: Ending | undefined; readonly isSure: boolean } {
    for (const expression of this.#rule.expressions) {
      const step = this.#step(expression);
      if (step === "no") return { ending: undefined, isSure: true };
      if (step === "perhaps") this.#isSure = false;
      else if (step !== "go") return { ending: step, isSure: this.#isSure };
    }
    return { ending: undefined, isSure: true };
  }

  #step(expression: Expression): Step {
    switch (expression.kind) {
      case "meta":
        return this.#metaOrCt(expression, this.#world.marks.packet, () =>
          loadMeta(expression, this.#packet, this.#world.marks),
        );
      case "ct":
        return this.#metaOrCt(expression, this.#world.marks.connection, () =>
          loadCt(expression, this.#packet, this.#world.marks),
        );
      case "payload":
        return this.#load(expression.dreg, loadPayload(expression, this.#packet));
      case "fib":
        return this.#load(expression.dreg, loadFib(expression, this.#packet, this.#world.routing));
      case "bitwise":
        return this.#bitwise(expression);
      case "cmp":
        return this.#cmp(expression);
      case "range":
        return this.#range(expression);
      case "lookup":
        return this.#lookup(expression);
      default:
        return this.#effect(expression);
    }
  }

  #effect(expression: Expression): Step {
    const { marks, routing, isSure } = this.#world;
    switch (expression.kind) {
      case "immediate":
        if (!isVerdict(expression.data)) return this.#load(expression.dreg, [...expression.data]);
        return expression.dreg === REG_VERDICT ? endingOf(expression.data) : "go";
      case "masq":
        return { kind: "translate", translation: { kind: "masquerade" } };
      case "nat":
        // In a table of both families a translation of the other one does nothing.
        if (expression.family !== NFPROTO[this.#packet.destination.family]) return "go";
        return { kind: "translate", translation: this.#nat(expression) };
      case "match": {
        const answer = matchXt(expression, this.#packet, marks, routing);
        if (answer === undefined) return "perhaps";
        return answer ? "go" : "no";
      }
      case "target": {
        const effect = applyXt(expression, marks, isSure && this.#isSure);
        if (effect.kind === "reject") return { kind: "drop" };
        return effect.kind === "translate" ? effect : effect.kind === "go" ? "go" : "perhaps";
      }
      case "raw":
        return this.#raw(expression.name);
      default:
        return "go"; // it counts
    }
  }

  /** What has no words here: it may have changed any register. */
  #raw(name: string): Step {
    if (IDLE.has(name)) return "go";
    if (name === "reject") return { kind: "drop" };
    if (name === "redir") return { kind: "translate", translation: { kind: "redirect" } };
    this.#registers.forget();
    return MOODY.has(name) || name === "queue" ? "perhaps" : "go";
  }

  /** Loads into a register, or sets the mark from one. */
  #metaOrCt(
    { key, dreg, sreg }: { readonly key: number; readonly dreg?: number; readonly sreg?: number },
    mark: Mark,
    load: () => Loaded,
  ): Step {
    if (dreg !== undefined) return this.#load(dreg, load());
    const MARK_KEY = 3; // NFT_META_MARK and NFT_CT_MARK alike
    if (sreg === undefined || key !== MARK_KEY) return "go";
    mark.set(this.#registers.get(sreg, 4), this.#world.isSure && this.#isSure);
    return "go";
  }

  #load(register: number, value: Loaded): Step {
    if (value === null) return "no";
    this.#registers.set(register, value);
    return "go";
  }

  /** A shift, which an instruction without a mask is, leaves nothing known. */
  #bitwise({ sreg, dreg, length, mask, xor }: Bitwise): Step {
    const value = this.#registers.get(sreg, length).map((byte, at) => {
      const kept = mask[at] ?? 0;
      if (byte === undefined && kept !== 0) return undefined;
      return ((byte ?? 0) & kept) ^ (xor[at] ?? 0);
    });
    return this.#load(dreg, value);
  }

  #cmp({ sreg, op, data }: Cmp): Step {
    const value = this.#registers.get(sreg, data.length);
    if (op === "==" || op === "!=") {
      const answer = isEqual(value, data);
      return stepOf(answer === undefined ? undefined : answer === (op === "=="));
    }
    const order = compare(value, data);
    if (order === undefined) return "perhaps";
    const isSmaller = op === "<" || op === "<=";
    if (order === 0) return stepOf(op === "<=" || op === ">=");
    return stepOf(order < 0 === isSmaller);
  }

  #range({ sreg, op, from, to }: Range): Step {
    const low = compare(this.#registers.get(sreg, from.length), from);
    const high = compare(this.#registers.get(sreg, to.length), to);
    if (low === undefined || high === undefined) return "perhaps";
    return stepOf((low >= 0 && high <= 0) === (op === "=="));
  }

  #lookup({ set, sreg, dreg, inverted }: Lookup): Step {
    const { family, table } = this.#rule;
    const { elements } = this.#world;
    const key = this.#keyOf(set, sreg);
    if (key === undefined) {
      if (elements.isSetEmpty(family, table, set)) return stepOf(inverted === true);
      if (dreg !== undefined) this.#registers.forget();
      return "perhaps";
    }
    const found = elements.getElement(family, table, set, key);
    if (dreg === undefined) return stepOf((found !== undefined) !== (inverted === true));
    const data = found?.data;
    if (data === undefined) return "no";
    if (isVerdict(data)) return endingOf(data);
    return this.#load(dreg, [...data]);
  }

  #keyOf(set: string, sreg: number): Uint8Array | undefined {
    const { family, table } = this.#rule;
    const found = this.#world.elements.getSet(family, table, set);
    return found && known(this.#registers.get(sreg, found.keyLength));
  }

  #nat({ type, family, addressMin, portMin }: Nat): Translation {
    const length = family === NFPROTO[4] ? 4 : 16;
    const bytes =
      addressMin === undefined ? undefined : known(this.#registers.get(addressMin, length));
    const [high, low] = portMin === undefined ? [] : this.#registers.get(portMin, 2);
    return {
      kind: type,
      ...(bytes && { address: Ip.fromBytes(bytes) }),
      ...(high !== undefined && low !== undefined && { port: high * 0x100 + low }),
    };
  }
}

function stepOf(answer: boolean | undefined): Step {
  if (answer === undefined) return "perhaps";
  return answer ? "go" : "no";
}

function endingOf({ verdict, chain }: Verdict): Step {
  switch (verdict) {
    case "accept":
    case "drop":
    case "return":
      return { kind: verdict };
    case "jump":
    case "goto":
      return { kind: verdict, chain: chain ?? "" };
    default:
      return "go";
  }
}
