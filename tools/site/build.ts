import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { VERSION } from "../../src/base/index.ts";
import { ROOT } from "../test/files.ts";
import { Addresses } from "./addresses.ts";
import { readCatalogue } from "./catalogue.ts";
import { render } from "./markdown.ts";
import { searchIndex } from "./search-index.ts";
import type { Group, PageSource } from "./source.ts";
import { type Page, pageHtml } from "./template.ts";

/** Makes the site: every page, the script and the style that they share, and the index of the search. */

/** Where `npm run site` puts it. */
export const SITE: string = join(ROOT, "dist/site");

export interface Built {
  readonly pages: number;
  /** Links away from the site, which nothing here follows. */
  readonly external: readonly string[];
}

/** @throws RangeError when a link of a page leads nowhere */
export async function buildSite(into: string = SITE): Promise<Built> {
  const groups = readCatalogue();
  const { pages, addresses } = renderPages(groups);
  const titles = new Map(pages.map(({ source, rendered }) => [source.address, rendered.title]));
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  for (const page of pages) {
    place(into, page.source.address, pageHtml(page, { groups, titles, version: VERSION }));
  }
  for (const path of addresses.pictures) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(into, path));
  }
  copyFileSync(join(ROOT, "src/page/icon.svg"), join(into, "icon.svg"));
  writeFileSync(join(into, "search-index.js"), searchIndex(pages));
  await bundle(into);
  return { pages: pages.length, external: [...addresses.external].sort() };
}

/**
 * Pages name files, which are pages then, too.
 * @throws RangeError when a link of a page leads nowhere
 */
export function renderPages(groups: readonly Group[]): { pages: Page[]; addresses: Addresses } {
  const sources = groups.flatMap(({ pages }) => pages);
  const addresses = new Addresses(sources);
  const one = (source: PageSource): Page => ({
    source,
    rendered: render(source.markdown, (href) => addresses.resolve(source, href)),
  });
  const pages = sources.map(one);
  return { pages: [...pages, ...addresses.filePages().map(one)], addresses };
}

function place(into: string, address: string, text: string): void {
  const path = join(into, address);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** @throws AggregateError when the bundler does not accept the sources */
async function bundle(outdir: string): Promise<void> {
  await Bun.build({
    entrypoints: [join(ROOT, "site/client/main.ts"), join(ROOT, "site/style/site.css")],
    // One script that is no module: the pages are readable, and searched, from a directory too.
    ...{ outdir, minify: true, target: "browser", format: "iife" },
    naming: { entry: "site.[ext]" },
  });
}
