import { defined } from "../../base/index.ts";
import {
  type NetlinkRequest,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
} from "../netlink/index.ts";
import { type ChainId, type ChainSpec, encodeChain, encodeChainId } from "./chain.ts";
import {
  ELEMENTS_PER_MESSAGE,
  type Element,
  encodeElementFlush,
  encodeElementKeys,
  encodeElements,
} from "./element.ts";
import { NftMessage, nftType } from "./header.ts";
import {
  encodeRule,
  encodeRuleId,
  encodeRulePlace,
  type RuleId,
  type RulePosition,
  type RuleSpec,
} from "./rule.ts";
import { encodeSet, encodeSetId, type SetId, type SetSpec } from "./set.ts";
import { encodeTable, encodeTableId, type TableId, type TableSpec } from "./table.ts";

/** One command of a transaction. */
export interface Command extends NetlinkRequest {
  /** The command in words, for errors: `add chain inet t c`. */
  readonly text: string;
  /** Of a command that adds or deletes elements: which part of what was asked it carries. */
  readonly elements?: ElementSpan;
  /** What it makes belongs to the socket. */
  readonly isOwned?: boolean;
}

/** Part of a list of elements. */
export interface ElementSpan {
  readonly first: number;
  readonly count: number;
}

/** How an object is made. */
export interface AddOptions {
  /** Refuse (EEXIST) when it is there already; otherwise what is there is fine. */
  readonly exclusive?: boolean;
}

/**
 * Gathers the commands of one transaction, in order. Nothing is sent before `commit`.
 * All methods return the batch itself.
 *
 * @example
 * ```ts
 * import { Batch, verdict } from "hawser/nftables";
 *
 * const batch = new Batch().addTable({ family: "ip", name: "web" });
 * batch.addRule({ family: "ip", table: "web", chain: "input", expressions: verdict("accept") });
 * batch.commands.map(({ text }) => text); // → ["add table ip web", "add rule to chain ip web input"]
 * ```
 */
export class Batch {
  readonly #commands: Command[] = [];
  readonly #setIds = new Map<string, number>();

  /** What was gathered, in order. */
  get commands(): readonly Command[] {
    return this.#commands;
  }

  /** Makes a table. */
  addTable(table: TableSpec, options: AddOptions = {}): this {
    const flags = options.exclusive ? NLM_F_EXCL : 0;
    const { isOwned } = table;
    const text = `add ${tableText(table)}`;
    return this.#push(NftMessage.NEWTABLE, flags, encodeTable(table), text, defined({ isOwned }));
  }

  /** Deletes a table with all that is in it. */
  delTable(table: TableId): this {
    return this.#push(NftMessage.DELTABLE, 0, encodeTableId(table), `delete ${tableText(table)}`);
  }

  /** Makes a chain; with `hook` a base chain, which sees packets by itself. */
  addChain(chain: ChainSpec, options: AddOptions = {}): this {
    const text = `add ${objectText("chain", chain)}`;
    return this.#push(NftMessage.NEWCHAIN, createFlags(options), encodeChain(chain), text);
  }

  /** Deletes a chain; it must be without rules (see `flushChain`) and nothing may jump to it. */
  delChain(chain: ChainId): this {
    const text = `delete ${objectText("chain", chain)}`;
    return this.#push(NftMessage.DELCHAIN, 0, encodeChainId(chain), text);
  }

  /** Deletes all rules of a chain. */
  flushChain(chain: ChainId): this {
    const payload = encodeRulePlace(chain.family, chain.table, chain.name);
    return this.#push(NftMessage.DELRULE, 0, payload, `flush ${objectText("chain", chain)}`);
  }

  /** Puts a rule at the end of its chain, or behind the rule of handle `position`. */
  addRule(rule: RuleSpec): this {
    const flags = NLM_F_CREATE | NLM_F_APPEND;
    return this.#push(
      NftMessage.NEWRULE,
      flags,
      encodeRule(rule),
      `add rule to ${chainText(rule)}`,
    );
  }

  /** Puts a rule at the begin of its chain, or before the rule of handle `position`. */
  insertRule(rule: RuleSpec): this {
    const text = `insert rule into ${chainText(rule)}`;
    return this.#push(NftMessage.NEWRULE, NLM_F_CREATE, encodeRule(rule), text);
  }

  /** Deletes one rule by its handle; ENOENT when it is gone. */
  delRule(rule: RuleId): this {
    const text = `delete rule ${rule.handle} of ${chainText(rule)}`;
    return this.#push(NftMessage.DELRULE, 0, encodeRuleId(rule), text);
  }

  /** Makes a set, or with `data` a map. */
  addSet(set: SetSpec, options: AddOptions = {}): this {
    const id = this.#setIds.get(setKey(set)) ?? this.#setIds.size + 1;
    const text = `add ${objectText(set.data === undefined ? "set" : "map", set)}`;
    this.#push(NftMessage.NEWSET, createFlags(options), encodeSet(set, id), text);
    this.#setIds.set(setKey(set), id);
    return this;
  }

  /** Deletes a set or map with its elements; no rule may use it. */
  delSet(set: SetId): this {
    const text = `delete ${objectText("set", set)}`;
    return this.#push(NftMessage.DELSET, 0, encodeSetId(set), text);
  }

  /**
   * Adds elements. One that is there already with the same data is fine (its comment stays as it
   * is) unless `exclusive`; one with other data is an error (EEXIST).
   */
  addElements(set: SetId, elements: readonly Element[], options: AddOptions = {}): this {
    const id = this.#setIds.get(setKey(set));
    for (const { span, part } of portions(elements)) {
      const text = elementsText("add", "to", part.length, set);
      const payload = encodeElements(set, part, id);
      this.#push(NftMessage.NEWSETELEM, createFlags(options), payload, text, { elements: span });
    }
    return this;
  }

  /** Deletes elements by their keys; one that is not there is an error (ENOENT). */
  delElements(set: SetId, keys: readonly Uint8Array[]): this {
    for (const { span, part } of portions(keys)) {
      const text = elementsText("delete", "of", part.length, set);
      this.#push(NftMessage.DELSETELEM, 0, encodeElementKeys(set, part), text, { elements: span });
    }
    return this;
  }

  /** Deletes all elements of a set. */
  flushSet(set: SetId): this {
    const text = `flush ${objectText("set", set)}`;
    return this.#push(NftMessage.DELSETELEM, 0, encodeElementFlush(set), text);
  }

  #push(
    message: number,
    modifiers: number,
    payload: Uint8Array,
    text: string,
    more: Pick<Command, "elements" | "isOwned"> = {},
  ): this {
    const flags = modifiers | NLM_F_REQUEST;
    this.#commands.push({ type: nftType(message), flags, payload, text, ...more });
    return this;
  }
}

function createFlags(options: AddOptions): number {
  return options.exclusive ? NLM_F_CREATE | NLM_F_EXCL : NLM_F_CREATE;
}

function* portions<T>(list: readonly T[]): Generator<{ span: ElementSpan; part: readonly T[] }> {
  for (let first = 0; first < list.length; first += ELEMENTS_PER_MESSAGE) {
    const part = list.slice(first, first + ELEMENTS_PER_MESSAGE);
    yield { span: { first, count: part.length }, part };
  }
}

function setKey(set: SetId): string {
  return `${set.family} ${set.table} ${set.name}`;
}

function tableText(table: TableId): string {
  return `table ${table.family} ${table.name}`;
}

function objectText(kind: string, id: ChainId | SetId): string {
  return `${kind} ${id.family} ${id.table} ${id.name}`;
}

function chainText(rule: RulePosition): string {
  return `chain ${rule.family} ${rule.table} ${rule.chain}`;
}

function elementsText(verb: string, preposition: string, count: number, set: SetId): string {
  const what = count === 1 ? "element" : `${count} elements`;
  return `${verb} ${what} ${preposition} ${objectText("set", set)}`;
}
