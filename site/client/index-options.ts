import type { Options } from "minisearch";

/** What the index of the search is made with, and read with. */

/** One section of one page. */
export interface IndexedSection {
  readonly id: number;
  readonly title: string;
  /** The title of its page. */
  readonly page: string;
  /** From the top of the site, with the anchor. */
  readonly address: string;
  /** The beginning of its text, as a result shows it. */
  readonly begins: string;
}

/** The global that search-index.js sets: a script, since a page in a directory may load nothing else. */
export const INDEX_NAME = "hawserSearchIndex";

/** Signs such as `=` and `$` stand between words in messages, as punctuation does. */
const BETWEEN_WORDS = /[\n\r\p{Z}\p{P}\p{S}]+/u;

/** The words of a text, without the empty ones at its ends. */
export function wordsOf(text: string): string[] {
  return text.split(BETWEEN_WORDS).filter((word) => word !== "");
}

export const SEARCH_OPTIONS: Options = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page", "address", "begins"],
  tokenize: wordsOf,
};
