import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { ROOT } from "../test/files.ts";
import type { PageSource } from "./source.ts";

/** Where links lead: to pages, to pictures, and to files of the repository, which the site then shows too. */

const PICTURES = new Set([".png", ".svg"]);

export class Addresses {
  readonly #pages: ReadonlyMap<string, string>;
  /** Paths of files and directories that a page names and that are no page by themselves. */
  readonly #files = new Set<string>();
  readonly #pictures = new Set<string>();
  /** Links away from the site. */
  readonly external = new Set<string>();

  constructor(pages: readonly PageSource[]) {
    this.#pages = new Map(pages.map(({ path, address }) => [path, address]));
  }

  get pictures(): readonly string[] {
    return [...this.#pictures];
  }

  /** The pages for the files that have been named so far. */
  filePages(): PageSource[] {
    return [...this.#files].map(filePage);
  }

  /**
   * A link of the page, as the page's place on the site needs it.
   * @throws RangeError when it leads nowhere
   */
  resolve(from: PageSource, href: string): string {
    if (/^[a-z][a-z+.-]*:/i.test(href)) {
      this.external.add(href);
      return href;
    }
    if (href.startsWith("#")) return href;
    const [path = "", anchor] = href.split("#", 2);
    const target = join(dirname(from.path), decodeURI(path)).replace(/\/$/, "");
    const address = this.#addressOf(target);
    if (address === undefined) throw new RangeError(`${from.path}: nothing is at ${href}`);
    return `${relativeAddress(from.address, address)}${anchor === undefined ? "" : `#${anchor}`}`;
  }

  #addressOf(target: string): string | undefined {
    const page = this.#pages.get(target);
    if (page !== undefined) return page;
    const full = join(ROOT, target);
    if (!existsSync(full) || target.startsWith("..")) return undefined;
    if (PICTURES.has(extname(target))) {
      this.#pictures.add(target);
      return target;
    }
    this.#files.add(target);
    return addressOfFile(target);
  }
}

/** The address of one page as another page links to it. */
export function relativeAddress(from: string, to: string): string {
  return relative(dirname(from), to);
}

function addressOfFile(path: string): string {
  return `files/${path}${statSync(join(ROOT, path)).isDirectory() ? "/index" : ""}.html`;
}

/** A file as one block of code, a directory as the list of its names. */
function filePage(path: string): PageSource {
  const full = join(ROOT, path);
  const isDirectory = statSync(full).isDirectory();
  const body = isDirectory ? listing(full) : block(path, readFileSync(full, "utf8"));
  const markdown = `# ${path}\n\n${body}\n`;
  return { path, address: addressOfFile(path), markdown, isPlain: true };
}

function listing(folder: string): string {
  const entries = readdirSync(folder, { withFileTypes: true });
  const names = entries.map((entry) => `- \`${entry.name}${entry.isDirectory() ? "/" : ""}\``);
  return names.sort().join("\n");
}

/** As much of a file as a page shows. */
const SHOWN_MAX = 200_000;

function block(path: string, text: string): string {
  const language = text.startsWith("#!") ? "sh" : extname(path).slice(1);
  // A fence that is longer than any in the file.
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([sign]) => sign.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.slice(0, SHOWN_MAX)}\n${fence}`;
}
