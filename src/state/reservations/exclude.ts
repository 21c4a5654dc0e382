import { Ip, Prefix } from "../../addr/index.ts";

/** Addresses of one family, both ends included, as numbers. */
export interface Span {
  readonly family: 4 | 6;
  readonly from: bigint;
  readonly to: bigint;
}

/** A span with the text that it was read from. */
export interface Exclusion extends Span {
  readonly text: string;
}

/** Whether two spans have an address in common. */
export function meets(one: Span, other: Span): boolean {
  return one.family === other.family && one.to >= other.from && one.from <= other.to;
}

/**
 * Reads a list of addresses to exclude: `10.1.0.7`, `10.1.0.20-10.1.0.30` or `10.1.0.64/28`.
 * @throws RangeError that names the entry
 */
export function parseExclusions(texts: readonly string[]): Exclusion[] {
  return texts.map((text) => {
    const span = parseExclusion(text);
    if (span !== undefined) return { ...span, text };
    const forms = "an address, <first>-<last> or a subnet";
    throw new RangeError(`cannot understand exclude ${JSON.stringify(text)}: expected ${forms}`);
  });
}

/** The spans in order, without overlaps, and cut to what lies in `within`. */
export function mergeSpans(spans: readonly Span[], within: Span): Span[] {
  const inside = spans
    .filter((span) => meets(span, within))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  const merged: Span[] = [];
  for (const span of inside) {
    const [, from] = inOrder(span.from, within.from);
    const [to] = inOrder(span.to, within.to);
    const last = merged.at(-1);
    if (last === undefined || from > last.to + 1n) {
      merged.push({ family: span.family, from, to });
    } else if (to > last.to) {
      merged[merged.length - 1] = { ...last, to };
    }
  }
  return merged;
}

function inOrder(a: bigint, b: bigint): [smaller: bigint, larger: bigint] {
  return a < b ? [a, b] : [b, a];
}

function parseExclusion(text: string): Span | undefined {
  if (text.includes("/")) {
    const subnet = Prefix.tryParse(text)?.network();
    return subnet && span(subnet.ip, subnet.last());
  }
  const [first = "", last = first, ...rest] = text.split("-").map((part) => part.trim());
  const from = Ip.tryParse(first);
  const to = Ip.tryParse(last);
  if (from === undefined || to === undefined || rest.length > 0) return undefined;
  return from.family === to.family && from.compare(to) <= 0 ? span(from, to) : undefined;
}

function span(from: Ip, to: Ip): Span {
  return { family: from.family, from: from.toBigInt(), to: to.toBigInt() };
}
