/**
 * Which part of a configuration a parser refuses. Parsers end at their first mistake and say it in
 * words for people, so the part is found by leaving out: the one without which the mistake is gone.
 */
import type { Node } from "jsonc-parser";
import type { CniError } from "../../spec/index.ts";
import { elementsOf, membersOf } from "../text/tree.ts";

/** The mistake that a parser finds while some parts are taken for absent; undefined for none. */
export type Parser = (without: ReadonlySet<Node>) => Promise<CniError | undefined>;

/** A mistake, and the part that it is of; undefined where the mistake is that something is missing. */
export interface Mistaken {
  readonly error: CniError;
  readonly part?: Node;
}

/** How many mistakes of one object are looked for, and how often its parser runs for that. */
const MISTAKES_MAX = 12;
const RUNS_MAX = 300;
/** How many characters all runs together may read: each reads the whole object. */
const READ_MAX = 3_000_000;
/** The longest list, or object, whose parts are tried one by one. */
const PARTS_MAX = 200;

/**
 * All mistakes of an object, one after the other: the part of each is left out to find the next.
 * @param wrong what is known to be wrong already; what is found is added
 */
export async function mistakenParts(
  object: Node,
  parse: Parser,
  wrong: Set<Node>,
): Promise<Mistaken[]> {
  const runs = Math.min(RUNS_MAX, Math.ceil(READ_MAX / object.length));
  const search = new Search(parse, runs);
  const found: Mistaken[] = [];
  while (found.length < MISTAKES_MAX) {
    const error = await search.run(wrong);
    if (error === undefined) break;
    const part = await search.partOf(object, error, wrong);
    if (part === undefined) {
      // What was left out before may itself be what is missing now.
      if (wrong.size === 0) found.push({ error });
      break;
    }
    const isSequel = [...wrong].some((known) => holds(part, known));
    wrong.add(part);
    if (!isSequel) found.push({ error, part });
  }
  return found;
}

class Search {
  readonly #parse: Parser;
  #left: number;

  constructor(parse: Parser, runs: number) {
    this.#parse = parse;
    this.#left = runs;
  }

  async run(without: ReadonlySet<Node>): Promise<CniError | undefined> {
    this.#left--;
    return await this.#parse(without);
  }

  /** The innermost part without which this error is not there. */
  async partOf(node: Node, error: CniError, without: ReadonlySet<Node>): Promise<Node | undefined> {
    const clearing: { part: Node; isLast: boolean; isNamed: boolean }[] = [];
    for (const { part, name } of partsOf(node)) {
      if (without.has(part) || this.#left <= 0) continue;
      const next = await this.run(new Set([...without, part]));
      if (next !== undefined && next.msg === error.msg && next.details === error.details) continue;
      const isNamed = name !== "" && saying(error).includes(name.toLowerCase());
      clearing.push({ part, isLast: next === undefined, isNamed });
    }
    const chosen =
      clearing.find(({ isNamed, isLast }) => isNamed && isLast) ??
      clearing.find(({ isNamed }) => isNamed) ??
      clearing.find(({ isLast }) => isLast) ??
      clearing[0];
    if (chosen === undefined) return undefined;
    const inner = chosen.part.type === "property" ? chosen.part.children?.[1] : chosen.part;
    const deeper = inner === undefined ? undefined : await this.partOf(inner, error, without);
    return deeper ?? chosen.part;
  }
}

function saying({ msg, details }: CniError): string {
  return `${msg} ${details ?? ""}`.toLowerCase();
}

/** Keys that every parser needs: without them the mistake would be another one. */
const NEEDED: ReadonlySet<string> = new Set(["type", "name", "cniversion"]);

function partsOf(node: Node): { part: Node; name: string }[] {
  const members = membersOf(node)
    .filter(({ name }) => !NEEDED.has(name.toLowerCase()))
    .map(({ property, name }) => ({ part: property, name }));
  const parts = [...members, ...elementsOf(node).map((part) => ({ part, name: "" }))];
  return parts.length > PARTS_MAX ? [] : parts;
}

/** Whether one part is around the other. */
function holds(outer: Node, inner: Node): boolean {
  return outer.offset <= inner.offset && inner.offset + inner.length <= outer.offset + outer.length;
}
