import { existsSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

/** Whether every link of a built site leads to a file, and every anchor to a place in it. */

/** What one page has: anchors of its own, and links. */
interface Scanned {
  readonly ids: ReadonlySet<string>;
  readonly links: readonly string[];
  readonly doubles: readonly string[];
}

/** A line for each link that leads nowhere, and each anchor that a page has twice. */
export async function brokenLinks(site: string): Promise<string[]> {
  const pages = new Map<string, Scanned>();
  for await (const path of new Bun.Glob("**/*.html").scan({ cwd: site })) {
    pages.set(path, await scan(join(site, path)));
  }
  return [...pages].flatMap(([path, { links, doubles }]) => [
    ...doubles.map((id) => `${path}: the anchor ${id} stands there twice`),
    ...links
      .filter((link) => !leads(site, pages, path, link))
      .map((link) => `${path}: ${link} leads nowhere`),
  ]);
}

async function scan(path: string): Promise<Scanned> {
  const ids = new Set<string>();
  const links: string[] = [];
  const doubles: string[] = [];
  const rewriter = new HTMLRewriter()
    .on("[id]", {
      element(element): void {
        const id = element.getAttribute("id") ?? "";
        if (ids.has(id)) doubles.push(id);
        ids.add(id);
      },
    })
    .on("[href], [src]", {
      element(element): void {
        for (const name of ["href", "src"]) {
          const link = element.getAttribute(name);
          if (link !== null) links.push(link);
        }
      },
    });
  await rewriter.transform(new Response(Bun.file(path))).text();
  return { ids, links, doubles };
}

function leads(
  site: string,
  pages: ReadonlyMap<string, Scanned>,
  from: string,
  link: string,
): boolean {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return true;
  const [path = "", anchor] = link.replaceAll("&amp;", "&").split("#", 2);
  const target = path === "" ? from : normalize(join(dirname(from), decodeURI(path)));
  if (relative("", target).startsWith("..") || !existsSync(join(site, target))) return false;
  return anchor === undefined || pages.get(target)?.ids.has(decodeURIComponent(anchor)) === true;
}
