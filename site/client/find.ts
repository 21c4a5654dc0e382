import type MiniSearch from "minisearch";
import type { Query, SearchOptions, SearchResult } from "minisearch";
import { type IndexedSection, wordsOf } from "./index-options.ts";

/** What a search finds: the places that have all of its words, else those that have the most of a pasted message. */

export type Found = SearchResult & IndexedSection;

export interface Finding {
  readonly found: readonly Found[];
  /** No place has all of the words. */
  readonly arePartial: boolean;
}

/** Guides answer; what records how Hawser came to be has every word of it, and answers little. */
function boostOf(_id: unknown, _word: string, stored?: Record<string, unknown>): number {
  const address = String(stored?.["address"]);
  if (address.startsWith("guides/")) return 2;
  return RECORDS.test(address) ? 0.2 : 1;
}

const RECORDS = /^(?:changelog|cases|conformance|performance|decisions|divergences)/;

/** Letters that have changed places are two edits: a word of eight letters may have them. */
const ALL_WORDS: SearchOptions = {
  boost: { title: 6, page: 3 },
  prefix: true,
  fuzzy: (word) => (/^\d+$/.test(word) ? false : 0.2),
  combineWith: "AND",
  boostDocument: boostOf,
};

/** Words that are typed are few, and may have slips; a message that is pasted has its words as they are. */
const PASTED_WORDS_MIN = 4;
const TYPED: SearchOptions = { boost: { title: 3, page: 2 }, prefix: true, fuzzy: 0.25 };
const PASTED: SearchOptions = { boost: { title: 2 }, prefix: false, fuzzy: false };
const SOME_WORDS: SearchOptions = { combineWith: "OR", boostDocument: boostOf };

/** A place that has less than this part of a message's weight is not about it. */
const COVERED_MIN = 0.35;

export function find(index: MiniSearch, text: string): Finding {
  const all = index.search(text, ALL_WORDS) as Found[];
  if (all.length > 0) return { found: namedFirst(all, text), arePartial: false };
  return { found: nearest(index, text), arePartial: true };
}

/** A place that has the words as its title is what is meant. */
function namedFirst(places: readonly Found[], text: string): Found[] {
  const name = (words: string): string => wordsOf(words.toLowerCase()).join(" ");
  const isNamed = ({ title, address }: Found): boolean =>
    name(title) === name(text) && !RECORDS.test(address);
  return [...places.filter(isNamed), ...places.filter((place) => !isNamed(place))];
}

function nearest(index: MiniSearch, text: string): Found[] {
  const words = messageWords(text);
  const isPasted = words.length >= PASTED_WORDS_MIN;
  const query: Query = { queries: words, ...SOME_WORDS, ...(isPasted ? PASTED : TYPED) };
  const some = index.search(query) as Found[];
  const weights = weightsOf(some, index.documentCount);
  const whole = sum([...weights.values()]);
  const covered = some.map((place) => ({
    place,
    part: sum(place.queryTerms.map((word) => weights.get(word) ?? 0)) / whole,
  }));
  // The whole counts more than how often a single word stands there.
  return covered
    .filter(({ part }) => part >= COVERED_MIN)
    .sort((left, right) => right.place.score * right.part ** 3 - left.place.score * left.part ** 3)
    .map(({ place }) => place);
}

/** Addresses, identifiers and counts are another reader's; they stand in no document, or in the wrong one. */
function messageWords(text: string): string[] {
  const words = [...new Set(wordsOf(text.toLowerCase()))];
  const named = words.filter((word) => !/\d/.test(word) || /^(?:ipv?[46]|k8s)$/.test(word));
  return named.length === 0 ? words : named;
}

/** How much each word tells: the fewer places have it, the more. */
function weightsOf(places: readonly Found[], count: number): Map<string, number> {
  const having = new Map<string, number>();
  for (const { queryTerms } of places) {
    for (const word of queryTerms) having.set(word, (having.get(word) ?? 0) + 1);
  }
  return new Map([...having].map(([word, places]) => [word, Math.log(1 + count / places)]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => left + right, 0);
}
