import GithubSlugger from "github-slugger";
import { Marked, type Token, type Tokens } from "marked";
import { highlight } from "./highlight.ts";
import { escapeHtml } from "./html.ts";
import type { Heading, Section } from "./source.ts";

/** Markdown as HTML, with the anchors that the repository's viewer gives, so that links lead to the same place. */

/** Where a link of a page leads on the site. */
export type Resolve = (href: string) => string;

export interface Rendered {
  readonly title: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  readonly sections: readonly Section[];
}

/** The HTML that documents have: a place for links to lead to, and a new line in a cell of a table. */
const KNOWN_HTML = /^(?:<a id="[\w-]+">|<\/a>|<br>)$/;

export function render(markdown: string, resolve: Resolve): Rendered {
  const marked = new Marked({ gfm: true });
  const slugger = new GithubSlugger();
  const headings: Heading[] = [];
  const leads = new Map<Token, string>();
  marked.use({
    renderer: {
      paragraph(token): string {
        const anchor = leads.get(token);
        const id = anchor === undefined ? "" : ` id="${anchor}"`;
        return `<p${id}>${this.parser.parseInline(token.tokens)}</p>\n`;
      },
      heading({ depth, tokens }): string {
        const html = this.parser.parseInline(tokens);
        const text = tokens.map(plain).join("");
        const anchor = slugger.slug(text);
        headings.push({ depth, anchor, html, text });
        return headingHtml(depth, anchor, html);
      },
      link({ href, title, tokens }): string {
        return linkHtml(resolve(href), title, this.parser.parseInline(tokens));
      },
      image({ href, text }): string {
        return `<img src="${escapeHtml(resolve(href))}" alt="${escapeHtml(text)}" loading="lazy">`;
      },
      code({ text, lang = "" }): string {
        const [language = ""] = lang.split(" ");
        return codeHtml(text, language);
      },
      codespan({ text }): string {
        // A line may end at any hyphen, and an option is not to be torn apart.
        const whole = '$1<span class="option">$2</span>';
        return `<code>${escapeHtml(text).replaceAll(/(^|\s)(--?[a-z][\w-]*)/g, whole)}</code>`;
      },
      html({ text }): string {
        // A comment names the file that a block is taken from, and the one that the reader writes, which is shown.
        const [, written] = /^<!-- \S+ >>? (\S+) -->/.exec(text.trimStart()) ?? [];
        if (written !== undefined) return `<p class="file">${escapeHtml(written)}</p>`;
        if (text.trimStart().startsWith("<!--")) return "";
        return KNOWN_HTML.test(text) ? text : escapeHtml(text);
      },
      table(token): string {
        const heads = token.header.map(({ tokens }) => tokens.map(plain).join("").trim());
        const cells = (row: Tokens.TableCell[], word: string): string => {
          const parts = row.map(({ tokens, align }, at) => {
            const side = align === null ? "" : ` class="${align}"`;
            // On a phone the cells of a row stand below each other, each with the name of its column.
            const of = word === "td" && heads[at] ? ` data-of="${escapeHtml(heads[at])}"` : "";
            return `<${word}${side}${of}>${this.parser.parseInline(tokens)}</${word}>`;
          });
          return `<tr>${parts.join("")}</tr>`;
        };
        return tableHtml(
          cells(token.header, "th"),
          token.rows.map((row) => cells(row, "td")),
          heads.length,
        );
      },
    },
  });
  const tokens = marked.lexer(markdown);
  for (const [token, anchor] of leadsOf(tokens)) leads.set(token, anchor);
  const html = marked.parser(tokens);
  const title = headings.find(({ depth }) => depth === 1)?.text ?? "";
  return { title, html, headings, sections: sectionsOf(tokens, headings, leads) };
}

function headingHtml(depth: number, anchor: string, html: string): string {
  // The title of a page needs no link to itself.
  const sign = `<a class="anchor" href="#${anchor}" tabindex="-1" aria-hidden="true">#</a>`;
  return `<h${depth} id="${anchor}">${html}${depth === 1 ? "" : sign}</h${depth}>\n`;
}

function linkHtml(href: string, title: string | null | undefined, html: string): string {
  const more = title ? ` title="${escapeHtml(title)}"` : "";
  const leaves = /^[a-z]+:/.test(href) ? ' rel="noreferrer"' : "";
  return `<a href="${escapeHtml(href)}"${more}${leaves}>${html}</a>`;
}

/** Tables of so many columns are lines of text; with more they are maps, which scroll. */
const STACKED_MIN = 3;
const STACKED_MAX = 6;

/** What is wider than the page scrolls by itself, and by the keyboard. */
function codeHtml(text: string, language: string): string {
  const code = highlight(text.replace(/\n$/, ""), language);
  return `<pre tabindex="0" class="code"><code>${code}</code></pre>\n`;
}

function tableHtml(head: string, rows: readonly string[], columns: number): string {
  const body = `<thead>${head}</thead>\n<tbody>${rows.join("\n")}</tbody>`;
  const kind = columns > STACKED_MAX ? " map" : columns >= STACKED_MIN ? " stacked" : "";
  return `<div class="table${kind}" tabindex="0"><table>${body}</table></div>\n`;
}

/** A paragraph that begins in bold is a place of its own: what goes wrong, and the answer to it. */
function leadsOf(tokens: readonly Token[]): [Token, string][] {
  const slugger = new GithubSlugger();
  return tokens.flatMap((token): [Token, string][] => {
    const lead = leadOf(token);
    return lead === undefined ? [] : [[token, slugger.slug(`on ${lead}`)]];
  });
}

/** The bold words that a paragraph begins with, when it goes on behind them. */
function leadOf(token: Token): string | undefined {
  if (token.type !== "paragraph" || token.tokens === undefined) return undefined;
  const [first, ...rest] = token.tokens;
  if (first?.type !== "strong" || rest.length === 0) return undefined;
  return plain(first).replace(/[.,:]+$/, "");
}

/** The words of a token, without marks. */
function plain(token: Token): string {
  if (token.type === "html") return "";
  if (token.type === "list") return (token as Tokens.List).items.map(plain).join(" ");
  if (token.type === "table") {
    const { header, rows } = token as Tokens.Table;
    const words = [header, ...rows].flat().map(({ tokens }) => tokens.map(plain).join(""));
    return words.join(" ");
  }
  if ("tokens" in token && token.tokens !== undefined) {
    return token.tokens.map(plain).join(token.type === "list_item" ? " " : "");
  }
  return "text" in token ? String(token["text"]) : " ";
}

interface Gathered {
  readonly title: string;
  readonly anchor?: string;
  words: string;
  prose: string;
}

function sectionsOf(
  tokens: readonly Token[],
  headings: readonly Heading[],
  leads: ReadonlyMap<Token, string>,
): Section[] {
  const sections: Gathered[] = [];
  let at = 0;
  for (const token of tokens) {
    if (token.type === "heading") {
      const { depth, anchor, text } = headings[at] ?? { depth: 1, anchor: "", text: "" };
      sections.push({ title: text, ...(depth === 1 ? {} : { anchor }), words: "", prose: "" });
      at += 1;
      continue;
    }
    const anchor = leads.get(token);
    if (anchor !== undefined) {
      sections.push({ title: unescaped(leadOf(token) ?? ""), anchor, words: "", prose: "" });
    }
    const last = sections.at(-1);
    if (last === undefined) continue;
    last.words = `${last.words} ${plain(token)}`;
    if (token.type !== "code") last.prose = `${last.prose} ${plain(token)}`;
  }
  return sections.map(({ title, anchor, words, prose }) => ({
    ...{ title, text: tidied(words), prose: tidied(prose) },
    ...(anchor === undefined ? {} : { anchor }),
  }));
}

function tidied(text: string): string {
  return unescaped(text).replaceAll(/\s+/g, " ").trim();
}

const NAMED: Readonly<Record<string, string>> = {
  ...{ "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" },
};

/** The parser has some words as HTML already. */
function unescaped(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (name) => NAMED[name] ?? name);
}
