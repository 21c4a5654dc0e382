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

export const SEARCH_OPTIONS: Options = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page", "address", "begins"],
  searchOptions: { boost: { title: 6, page: 3 }, prefix: true, fuzzy: 0.15, combineWith: "AND" },
};
