import {
  Attributes,
  type NetlinkMessage,
  NLM_F_APPEND,
  NLM_F_EXCL,
} from "../../../src/kernel/netlink/index.ts";
import { Errno } from "../../../src/kernel/sys/index.ts";
import {
  answer,
  be32,
  be64,
  chainAnswer,
  elementAnswer,
  ruleAnswer,
  setAnswer,
  tableAnswer,
} from "./answers.ts";
import { attributesOf, isSame, text } from "./attributes.ts";
import { type Answer, Refused } from "./port.ts";
import {
  type ChainRow,
  type Content,
  type RuleRow,
  references,
  type SetRow,
  type TableRow,
} from "./rows.ts";

// linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h
const HEADER_SIZE = 4;
const NEWTABLE = 0;
const NEWCHAIN = 3;
const NEWRULE = 6;
const NEWSET = 9;
const NEWELEM = 12;
const NEWGEN = 15;
/** In all of these messages, the table and the name of the object. */
const TABLE = 1;
const SET_NAME = 2;
const CHAIN_NAME = 3;
const RULE_CHAIN = 2;
const RULE_HANDLE = 3;
const RULE_POSITION = 6;
const SET_ID = 10;
const ELEM_LIST = 3;
const ELEM_KEY = 1;
const ELEM_DATA = 2;

/** The nftables of a namespace, in memory. Objects are kept as the attributes that made them. */
export class Ruleset {
  generation = 1;
  #content: Content = { tables: [], lastHandle: 0n };
  /** Whether the transaction has changed anything: else it does not move the generation on. */
  #isChanged = false;

  get tables(): readonly TableRow[] {
    return this.#content.tables;
  }

  /** A transaction: what `work` does is done as a whole, or not at all. */
  transact(work: () => boolean): void {
    const before = structuredClone(this.#content);
    this.#isChanged = false;
    if (!work()) this.#content = before;
    else if (this.#isChanged) this.generation++;
  }

  /** Carries out one command of a transaction. */
  command({ type, flags, payload }: NetlinkMessage): void {
    const family = payload[0] ?? 0;
    const attributes = attributesOf(payload, HEADER_SIZE);
    const isExclusive = (flags & NLM_F_EXCL) !== 0;
    this.#isChanged ||= ![NEWTABLE, NEWELEM].includes(type & 0xff);
    switch (type & 0xff) {
      case NEWTABLE:
        this.#newTable(family, attributes, isExclusive);
        break;
      case NEWTABLE + 2:
        this.#deleteTable(family, attributes);
        break;
      case NEWCHAIN:
        this.#newChain(this.#table(family, attributes), attributes, isExclusive);
        break;
      case NEWCHAIN + 2:
        this.#deleteChain(this.#table(family, attributes), attributes);
        break;
      case NEWRULE:
        this.#newRule(family, attributes, (flags & NLM_F_APPEND) !== 0);
        break;
      case NEWRULE + 2:
        this.#deleteRules(family, attributes);
        break;
      case NEWSET:
        this.#newSet(this.#table(family, attributes), attributes, isExclusive);
        break;
      case NEWSET + 2:
        this.#deleteSet(this.#table(family, attributes), attributes);
        break;
      case NEWELEM:
        this.#newElements(this.#set(family, attributes, TABLE, SET_NAME), attributes, isExclusive);
        break;
      case NEWELEM + 2:
        this.#deleteElements(this.#set(family, attributes, TABLE, SET_NAME), attributes);
        break;
      default:
        throw new Refused(Errno.EINVAL);
    }
  }

  /** Answers a question outside of transactions. */
  ask({ type, payload }: NetlinkMessage, isDump: boolean): Answer[] {
    const family = payload[0] ?? 0;
    const attributes = attributesOf(payload, HEADER_SIZE);
    switch (type & 0xff) {
      case NEWGEN + 1:
        return [answer(NEWGEN, 0, new Map([[1, be32(this.generation)]]))];
      case NEWTABLE + 1:
        if (!isDump) return [tableAnswer(this.#table(family, attributes))];
        return this.#tablesOf(family).map(tableAnswer);
      case NEWCHAIN + 1: {
        if (isDump)
          return this.#tablesOf(family).flatMap((table) =>
            table.chains.map((chain) => chainAnswer(table, chain)),
          );
        const table = this.#table(family, attributes);
        return [chainAnswer(table, this.#chain(table, attributes.get(CHAIN_NAME)))];
      }
      case NEWRULE + 1:
        return this.#rules(family, attributes);
      case NEWSET + 1: {
        if (!isDump)
          return [
            setAnswer(
              this.#table(family, attributes),
              this.#set(family, attributes, TABLE, SET_NAME),
            ),
          ];
        const named = attributes.get(TABLE);
        const tables =
          named === undefined ? this.#tablesOf(family) : [this.#table(family, attributes)];
        return tables.flatMap((table) => table.sets.map((set) => setAnswer(table, set)));
      }
      case NEWELEM + 1:
        return this.#elements(family, attributes, isDump);
      default:
        throw new Refused(Errno.EINVAL);
    }
  }

  #tablesOf(family: number): TableRow[] {
    return this.#content.tables.filter((table) => family === 0 || table.family === family);
  }

  #table(family: number, attributes: ReadonlyMap<number, Uint8Array>): TableRow {
    const name = text(attributes.get(TABLE));
    const found = this.#content.tables.find(
      (table) => table.family === family && table.name === name,
    );
    if (found === undefined) throw new Refused(Errno.ENOENT);
    return found;
  }

  #chain(table: TableRow, name: Uint8Array | undefined): ChainRow {
    const found = table.chains.find((chain) => chain.name === text(name));
    if (found === undefined) throw new Refused(Errno.ENOENT);
    return found;
  }

  #set(
    family: number,
    attributes: ReadonlyMap<number, Uint8Array>,
    tableAt: number,
    at: number,
  ): SetRow {
    const table = this.#table(
      family,
      new Map([[TABLE, attributes.get(tableAt) ?? new Uint8Array(0)]]),
    );
    const name = text(attributes.get(at));
    const found = table.sets.find((set) => set.name === name);
    if (found === undefined) throw new Refused(Errno.ENOENT);
    return found;
  }

  #handle(): bigint {
    this.#content.lastHandle++;
    return this.#content.lastHandle;
  }

  #newTable(family: number, attributes: Map<number, Uint8Array>, isExclusive: boolean): void {
    const name = text(attributes.get(TABLE)) ?? "";
    const isThere = this.#tablesOf(family).some((table) => table.name === name);
    if (isThere && isExclusive) throw new Refused(Errno.EEXIST);
    if (isThere) return;
    this.#isChanged = true;
    const handle = this.#handle();
    this.#content.tables.push({ family, name, handle, attributes, chains: [], sets: [] });
  }

  #deleteTable(family: number, attributes: ReadonlyMap<number, Uint8Array>): void {
    const table = this.#table(family, attributes);
    this.#content.tables = this.#content.tables.filter((each) => each !== table);
  }

  #newChain(table: TableRow, attributes: Map<number, Uint8Array>, isExclusive: boolean): void {
    const name = text(attributes.get(CHAIN_NAME)) ?? "";
    const isThere = table.chains.some((chain) => chain.name === name);
    if (isThere && isExclusive) throw new Refused(Errno.EEXIST);
    if (!isThere) table.chains.push({ name, handle: this.#handle(), attributes, rules: [] });
  }

  #deleteChain(table: TableRow, attributes: ReadonlyMap<number, Uint8Array>): void {
    const chain = this.#chain(table, attributes.get(CHAIN_NAME));
    // The rules of the chain itself go with it.
    const others = { ...table, chains: table.chains.filter((each) => each !== chain) };
    const isUsed = references(others).some(({ chain: name }) => name === chain.name);
    if (isUsed) throw new Refused(Errno.EBUSY);
    table.chains = table.chains.filter((each) => each !== chain);
  }

  #newRule(family: number, attributes: Map<number, Uint8Array>, isAppended: boolean): void {
    const table = this.#table(family, attributes);
    const chain = this.#chain(table, attributes.get(RULE_CHAIN));
    const position = attributes.get(RULE_POSITION);
    const rule: RuleRow = { handle: this.#handle(), attributes };
    attributes.delete(RULE_POSITION);
    let at = isAppended ? chain.rules.length : 0;
    if (position !== undefined) {
      const neighbour = chain.rules.findIndex(({ handle }) => isSame(be64(handle), position));
      if (neighbour === -1) throw new Refused(Errno.ENOENT);
      at = isAppended ? neighbour + 1 : neighbour;
    }
    chain.rules.splice(at, 0, rule);
    for (const { chain: target, set } of references({
      ...table,
      chains: [{ ...chain, rules: [rule] }],
      sets: [],
    })) {
      const isKnownChain = target === undefined || table.chains.some(({ name }) => name === target);
      const isKnownSet = set === undefined || table.sets.some(({ name }) => name === set);
      if (!isKnownChain || !isKnownSet) throw new Refused(Errno.ENOENT);
    }
  }

  #deleteRules(family: number, attributes: ReadonlyMap<number, Uint8Array>): void {
    const table = this.#table(family, attributes);
    const name = attributes.get(RULE_CHAIN);
    const chains = name === undefined ? table.chains : [this.#chain(table, name)];
    const wanted = attributes.get(RULE_HANDLE);
    for (const chain of chains) {
      const rest =
        wanted === undefined
          ? []
          : chain.rules.filter(({ handle }) => !isSame(be64(handle), wanted));
      if (wanted !== undefined && rest.length === chain.rules.length) {
        throw new Refused(Errno.ENOENT);
      }
      chain.rules = rest;
    }
  }

  #newSet(table: TableRow, attributes: Map<number, Uint8Array>, isExclusive: boolean): void {
    const name = text(attributes.get(SET_NAME)) ?? "";
    const isThere = table.sets.some((set) => set.name === name);
    if (isThere && isExclusive) throw new Refused(Errno.EEXIST);
    attributes.delete(SET_ID);
    if (!isThere) table.sets.push({ name, handle: this.#handle(), attributes, elements: [] });
  }

  #deleteSet(table: TableRow, attributes: ReadonlyMap<number, Uint8Array>): void {
    const name = text(attributes.get(SET_NAME));
    const set = table.sets.find((each) => each.name === name);
    if (set === undefined) throw new Refused(Errno.ENOENT);
    if (references(table).some((each) => each.set === name)) throw new Refused(Errno.EBUSY);
    table.sets = table.sets.filter((each) => each !== set);
  }

  #newElements(
    set: SetRow,
    attributes: ReadonlyMap<number, Uint8Array>,
    isExclusive: boolean,
  ): void {
    for (const { payload } of elementList(attributes)) {
      const element = attributesOf(payload, 0);
      const known = set.elements.find((each) => isSame(each.get(ELEM_KEY), element.get(ELEM_KEY)));
      if (known === undefined) {
        set.elements.push(element);
        this.#isChanged = true;
      } else if (isExclusive || !isSame(known.get(ELEM_DATA), element.get(ELEM_DATA))) {
        throw new Refused(Errno.EEXIST);
      }
    }
  }

  #deleteElements(set: SetRow, attributes: ReadonlyMap<number, Uint8Array>): void {
    if (!attributes.has(ELEM_LIST)) {
      set.elements = [];
      return;
    }
    for (const { payload } of elementList(attributes)) {
      const key = attributesOf(payload, 0).get(ELEM_KEY);
      const rest = set.elements.filter((each) => !isSame(each.get(ELEM_KEY), key));
      if (rest.length === set.elements.length) throw new Refused(Errno.ENOENT);
      set.elements = rest;
    }
  }

  #rules(family: number, attributes: ReadonlyMap<number, Uint8Array>): Answer[] {
    const name = text(attributes.get(TABLE));
    const chain = text(attributes.get(RULE_CHAIN));
    return this.#tablesOf(family)
      .filter((table) => name === undefined || table.name === name)
      .flatMap((table) =>
        table.chains
          .filter((each) => chain === undefined || each.name === chain)
          .flatMap((each) =>
            each.rules.map((rule, at) => ruleAnswer(table, rule, each.rules[at - 1])),
          ),
      );
  }

  #elements(
    family: number,
    attributes: ReadonlyMap<number, Uint8Array>,
    isDump: boolean,
  ): Answer[] {
    const table = this.#table(family, attributes);
    const set = this.#set(family, attributes, TABLE, SET_NAME);
    if (isDump) return set.elements.length === 0 ? [] : [elementAnswer(table, set, set.elements)];
    const wanted = Array.from(elementList(attributes), ({ payload }) => {
      const key = attributesOf(payload, 0).get(ELEM_KEY);
      const found = set.elements.find((each) => isSame(each.get(ELEM_KEY), key));
      if (found === undefined) throw new Refused(Errno.ENOENT);
      return found;
    });
    return [elementAnswer(table, set, wanted)];
  }
}

function elementList(attributes: ReadonlyMap<number, Uint8Array>): Attributes {
  return Attributes.parse(attributes.get(ELEM_LIST) ?? new Uint8Array(0));
}
