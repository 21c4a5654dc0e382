import { expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { inScratch, run } from "../test/process.ts";
import { readCatalogue } from "./catalogue.ts";
import { brokenLinks } from "./links.ts";
import { render } from "./markdown.ts";

/** The site as it is built, without a browser: tests/site looks at it in one. */

test("npm run site builds every page, and every link and anchor leads somewhere", async () => {
  await inScratch(async (out) => {
    const words = ["npm", "run", "--silent", "site", "--", "--out", out, "--external"];
    const { output, exitCode } = await run(words, { cwd: ROOT, timeoutSeconds: 60 });
    expect([output, exitCode]).toEqual([expect.any(String) as string, 0]);
    expect(output).not.toContain("leads nowhere");
    const external = output.split("\n").filter((line) => line.includes("://"));
    expect(external.length).toBeGreaterThan(10);
    expect(external.filter((line) => !line.startsWith("https://"))).toEqual([]);
    for (const { pages } of readCatalogue()) {
      for (const { address } of pages) {
        expect([address, existsSync(join(out, address))]).toEqual([address, true]);
      }
    }
  });
}, 60_000);

test("every document has a page, and every page one address", () => {
  const pages = readCatalogue().flatMap((group) => group.pages);
  const documents = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const paths = new Set(pages.map(({ path }) => path));
  const missing = documents.filter((name) => name.endsWith(".md") && !paths.has(`docs/${name}`));
  expect(missing).toEqual([]);
  const addresses = pages.map(({ address }) => address);
  expect(addresses.length).toBe(new Set(addresses).size);
});

test("a link that leads nowhere, an anchor that is not there, and one that is there twice are found", async () => {
  await inScratch(async (site) => {
    writeFileSync(
      join(site, "a.html"),
      '<p id="x"><p id="x"><a href="b.html#y">b</a><a href="c.html">c</a>',
    );
    writeFileSync(join(site, "b.html"), '<a href="a.html#x">a</a><a href="../a.html">up</a>');
    expect((await brokenLinks(site)).sort()).toEqual([
      "a.html: b.html#y leads nowhere",
      "a.html: c.html leads nowhere",
      "a.html: the anchor x stands there twice",
      "b.html: ../a.html leads nowhere",
    ]);
  });
});

test("headings have the anchors of the repository's viewer, and a section each for the search", () => {
  const text =
    '# One\n\nA & b.\n\n## `npm run` x, y\n\n<!-- a/b.json -->\n```json\n{"a": 1}\n```\n\n## Two\n\n## Two\n';
  const { title, html, headings, sections } = render(text, (href) => href);
  expect(title).toBe("One");
  expect(headings.map(({ anchor }) => anchor)).toEqual(["one", "npm-run-x-y", "two", "two-1"]);
  expect(sections.map(({ text: words }) => words)).toEqual(["A & b.", '{"a": 1}', "", ""]);
  expect(html).not.toContain("a/b.json");
});

test("a paragraph that begins in bold is a place, and a table of text names its columns in each cell", () => {
  const { html, sections } = render(
    "# A\n\n**No `x --all`.** Do it.\n\n```sh\nrun\n```\n\n| k | type | what |\n| --- | --- | --- |\n| a | b & c | d |\n",
    (href) => href,
  );
  expect(sections.map(({ title, anchor, prose }) => [title, anchor, prose])).toEqual([
    ["A", undefined, ""],
    ["No x --all", "on-no-x---all", "No x --all. Do it. k type what a b & c d"],
  ]);
  expect(html).toContain('<p id="on-no-x---all">');
  expect(html).toContain('<span class="option">--all</span>');
  expect(html).toContain('<div class="table stacked" tabindex="0">');
  expect(html).toContain('<td data-of="type">b &amp; c</td>');
});

test("markup in a text is text", () => {
  const { html } = render(
    "# A\n\nx <script>alert(1)</script> <img src=x onerror=y>\n\n<iframe></iframe>\n",
    (href) => href,
  );
  expect(html).not.toMatch(/<(?:script|img|iframe)/);
  expect(html).toContain("&lt;script&gt;");
});
