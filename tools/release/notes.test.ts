import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { originOf, withWholeLinks } from "./links.ts";
import { ReleaseFailure } from "./must.ts";
import { releaseNotes, sections, UNRELEASED } from "./notes.ts";

const CHANGELOG = `# Changes

## Unreleased

- \`[New]\` One thing.

## 0.2.0 (2026-12-01)

- \`[Fixed]\` Another.

## 0.1.0 (2026-11-01)
`;

test("the notes of a version are its section", () => {
  expect(releaseNotes(CHANGELOG, "0.2.0", false)).toBe("# Hawser 0.2.0\n\n- `[Fixed]` Another.\n");
});

test("a dry run of a version without a section tells what is unreleased; a release is refused", () => {
  expect(releaseNotes(CHANGELOG, "0.3.0", true)).toBe("# Hawser 0.3.0\n\n- `[New]` One thing.\n");
  expect(() => releaseNotes(CHANGELOG, "0.3.0", false)).toThrow('no section "## 0.3.0 (date)"');
});

test("a section that says nothing is refused, as are two of one version and a heading of another form", () => {
  expect(() => releaseNotes(CHANGELOG, "0.1.0", true)).toThrow('nothing under "0.1.0"');
  expect(() => releaseNotes("## Unreleased\n", "0.3.0", true)).toThrow(ReleaseFailure);
  expect(() => sections("# Changes\n\n## v0.1.0\n")).toThrow('"## v0.1.0" is neither');
  const twice = `${CHANGELOG}\n## 0.2.0 (2026-10-01)\n\n- \`[New]\` The other half.\n`;
  expect(() => releaseNotes(twice, "0.2.0", false)).toThrow("two sections of 0.2.0");
});

test("links lead to the pages of the release's own tag, wherever the text is read", () => {
  const origin = { repository: "git+https://example.com/x.git", tag: "v1.2.3" };
  const text = "[a](docs/a.md#b) ![c](docs/c.png) [d](https://d.example/) [e](#e) `x`";
  expect(withWholeLinks(text, origin)).toBe(
    "[a](https://example.com/x/blob/v1.2.3/docs/a.md#b) ![c](https://example.com/x/raw/v1.2.3/docs/c.png) " +
      "[d](https://d.example/) [e](#e) `x`",
  );
  const readme = withWholeLinks(readFileSync(join(ROOT, "README.md"), "utf8"), originOf("1.2.3"));
  expect(readme).toContain("/blob/v1.2.3/docs/install.md)");
  expect(readme).not.toMatch(/\]\((?:docs|[A-Z]+\.md)/u);
});

test("CHANGELOG.md: the newest first, each change with its tag", () => {
  const all = sections(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"));
  expect(all[0]?.name).toBe(UNRELEASED);
  const versions = all.slice(1).map(({ name }) => name);
  expect(versions).toEqual(versions.toSorted(Bun.semver.order).reverse());
  const entries = all.flatMap(({ text }) => text.split(/^(?=- )/mu)).filter((text) => text !== "");
  expect(entries.length).toBeGreaterThan(0);
  const TAGGED = /^- `\[(?:New|Improved|Fixed|Breaking)\]` \S/u;
  expect(entries.filter((entry) => !TAGGED.test(entry))).toEqual([]);
});
