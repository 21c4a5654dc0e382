import { relativeAddress } from "./addresses.ts";
import { escapeHtml } from "./html.ts";
import type { Rendered } from "./markdown.ts";
import type { Group, PageSource } from "./source.ts";

/** A page of the site around its text: complete without a script, which brings search and the choice of colours. */

/** A page that is rendered. */
export interface Page {
  readonly source: PageSource;
  readonly rendered: Rendered;
}

export interface Frame {
  readonly groups: readonly Group[];
  /** The title of each page that is in the navigation, by its address. */
  readonly titles: ReadonlyMap<string, string>;
  readonly version: string;
}

const LOGO = `<svg class="logo" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M8 3h8v3H8zM9.5 6h5v15h-5z" class="bollard"/><path d="M4 12c3 3.4 13 3.4 16 0M4 16c3 3.4 13 3.4 16 0" class="rope" fill="none"/></svg>`;

export function pageHtml({ source, rendered }: Page, frame: Frame): string {
  const { address } = source;
  const to = (other: string): string => relativeAddress(address, other);
  const title = address === "index.html" ? "Hawser" : `${rendered.title} · Hawser`;
  const contents = onThisPage(rendered);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${to("icon.svg")}">
<link rel="stylesheet" href="${to("site.css")}">
<script src="${to("site.js")}" data-top="${to("index.html").replace(/index\.html$/, "")}"></script>
</head>
<body>
<a class="skip" href="#text">To the text</a>
<header class="top">
<a class="brand" aria-label="Hawser, where to begin" href="${to("index.html")}">${LOGO}<span>Hawser</span></a>
<a class="to-pages" href="#pages">Pages</a>
<div class="search" role="search" hidden></div>
<div class="switches" hidden></div>
</header>
<div class="columns${contents === "" ? "" : " with-contents"}">
${navigation(address, frame)}
<main id="text">
${rendered.html}
${footer(source, frame)}
</main>
${contents}
</div>
</body>
</html>
`;
}

function navigation(address: string, { groups, titles }: Frame): string {
  const parts = groups.map(({ title, pages }) => {
    const isHere = pages.some((page) => page.address === address);
    // The first page shows what there is to be done.
    const isOpen = isHere || (address === "index.html" && title === "Guides");
    const items = pages.map((page) => {
      const current = page.address === address ? ' aria-current="page"' : "";
      const label = page.label ?? titles.get(page.address) ?? page.path;
      const href = relativeAddress(address, page.address);
      return `<li><a href="${href}"${current}>${escapeHtml(label)}</a></li>`;
    });
    return `<details${isOpen ? " open" : ""}><summary>${title}</summary><ul>${items.join("\n")}</ul></details>`;
  });
  return `<nav class="pages" id="pages" aria-label="Pages">${parts.join("\n")}</nav>`;
}

/** The headings of a page that has some. */
function onThisPage({ headings }: Rendered): string {
  const shown = headings.filter(({ depth }) => depth === 2 || depth === 3);
  if (shown.length < 3) return "";
  const items = shown.map(({ depth, anchor, text }) => {
    return `<li class="depth-${depth}"><a href="#${anchor}">${escapeHtml(text)}</a></li>`;
  });
  return `<nav class="contents" aria-label="On this page"><p>On this page</p><ul>${items.join("\n")}</ul></nav>`;
}

function footer(
  { path, address, isPlain }: PageSource,
  { groups, titles, version }: Frame,
): string {
  const pages = groups.flatMap((group) => group.pages);
  const at = pages.findIndex((page) => page.address === address);
  const link = (page: PageSource | undefined, word: string): string => {
    if (page === undefined || isPlain === true) return "<span></span>";
    const label = page.label ?? titles.get(page.address) ?? page.path;
    const href = relativeAddress(address, page.address);
    return `<a rel="${word}" href="${href}"><small>${word === "prev" ? "Before" : "Next"}</small> ${escapeHtml(label)}</a>`;
  };
  const ways = `<div class="ways">${link(pages[at - 1], "prev")}${link(pages[at + 1], "next")}</div>`;
  return `<footer>${ways}<p>Hawser ${version} · <code>${escapeHtml(path)}</code></p></footer>`;
}
