import { expect, test } from "bun:test";
import { basename } from "node:path";
import { readSources } from "./sources.ts";

/** docs/decisions: every page has one form, and the index names all of them. */

const STATUSES = ["accepted", "replaced", "dropped"];
const SECTIONS = ["## Context", "## Decision", "## Consequences"];

interface Page {
  readonly name: string;
  readonly text: string;
}

async function pages(): Promise<readonly Page[]> {
  const sources = await readSources(["docs/decisions"], "*.md");
  return sources
    .map(({ path, text }) => ({ name: basename(path), text }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** What the head of a page says; undefined when it is none. */
function headOf(text: string): { number: string; title: string; status: string } | undefined {
  const head =
    /^# (\d+)\. (.+)\n\n- Status: (\w+)\n- Date: \d{4}-\d\d-\d\d(?:, .+)?\n\n## Context\n/u;
  const [, number, title, status] = head.exec(text) ?? [];
  if (number === undefined || title === undefined || status === undefined) return undefined;
  return { number, title, status };
}

test("every page has a title, a status, a date, and its sections in order", async () => {
  const decisions = (await pages()).filter(({ name }) => name !== "README.md");
  expect(decisions.length).toBeGreaterThan(5);
  for (const { name, text } of decisions) {
    const head = headOf(text);
    expect([name, head !== undefined]).toEqual([name, true]);
    expect([name, STATUSES]).toEqual([name, expect.arrayContaining([head?.status]) as string[]]);
    expect(Number(name.slice(0, 4))).toBe(Number(head?.number));
    const sections = [...text.matchAll(/^## .*$/gmu)].map(([line]) => line);
    const wanted = sections.includes("## Figure") ? [...SECTIONS, "## Figure"] : SECTIONS;
    expect([name, sections]).toEqual([name, wanted]);
  }
});

test("the index names every page as the page names itself", async () => {
  const all = await pages();
  const index = all.find(({ name }) => name === "README.md")?.text ?? "";
  const rows = all.flatMap(({ name, text }) => {
    const head = headOf(text);
    return head === undefined
      ? []
      : [`| [${head.number}. ${head.title}](${name}) | ${head.status} |`];
  });
  expect(rows.length).toBeGreaterThan(5);
  expect(index.split("\n").filter((line) => line.startsWith("| ["))).toEqual(rows);
});
