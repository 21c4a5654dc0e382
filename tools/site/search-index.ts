import MiniSearch from "minisearch";
import {
  INDEX_NAME,
  type IndexedSection,
  SEARCH_OPTIONS,
} from "../../site/client/index-options.ts";
import type { Page } from "./template.ts";

/** The index that the page's script searches: one place for each section of each page. */

/** As much of a section as a result shows. */
const SHOWN_MAX = 180;

export function searchIndex(pages: readonly Page[]): string {
  const index = new MiniSearch<IndexedSection & { readonly text: string }>(SEARCH_OPTIONS);
  index.addAll(pages.flatMap(placesOf).map((place, id) => ({ id, ...place })));
  return `globalThis.${INDEX_NAME} = ${JSON.stringify(JSON.stringify(index))};\n`;
}

function placesOf({ source, rendered }: Page): Omit<IndexedSection & { text: string }, "id">[] {
  if (source.isPlain === true) return [];
  return rendered.sections.map(({ title, anchor, text, prose }) => ({
    title,
    page: rendered.title,
    address: anchor === undefined ? source.address : `${source.address}#${anchor}`,
    text,
    begins: beginning(withoutTitle(prose === "" ? text : prose, title)),
  }));
}

/** A result has its title above its text, which may begin with the same words. */
function withoutTitle(text: string, title: string): string {
  return text.startsWith(title) ? text.slice(title.length).replace(/^[\s.,:]+/, "") : text;
}

function beginning(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
