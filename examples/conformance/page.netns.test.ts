import { expect, test as plain } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PLUGIN_CHECKS } from "../../src/conformance/index.ts";
import { judgeKnown, readKnown } from "../../src/conformance/known/index.ts";
import { readSubject, SubjectError } from "../../src/conformance/subject/index.ts";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";
import { shownCommands } from "../../tools/docs.ts";
import { ROOT } from "../../tools/test/files.ts";
import { quickly, Workspace } from "./workspace.ts";

/**
 * docs/conformance-for-authors.md: its commands are typed in the order in which they stand there, with one
 * rule in the place of the suite.
 */

requireOwnNamespaces();

const test = needs("ip", "nsenter", "unshare");
const page = readFileSync(join(ROOT, "docs/conformance-for-authors.md"), "utf8");
const commands = shownCommands(page);

/** Other tests run these: that of the lists of known failures, that of the container, tools/docs.test.ts. */
const ELSEWHERE = /^(?:npm ci|npm run build|podman .*|.* --known .*)$/;

test("every command of the suite does what the page says", async () => {
  using workspace = new Workspace();
  workspace.makePlugin();
  const typed = commands.filter((command) => !ELSEWHERE.test(command));
  expect(typed.length).toBeGreaterThan(3);
  for (const command of typed) {
    expect(command).toStartWith("dist/hawser conformance plugin bin/my-plugin");
    await workspace.type(`${quickly(command)} --rule R48`);
  }
  const report: unknown = JSON.parse(readFileSync(join(workspace.dir, "my-plugin.json"), "utf8"));
  expect(report).toMatchObject({ report: 1, subject: { name: "my-plugin" } });
}, 150_000);

plain("the page shows the subject.json that is there to be copied", () => {
  const [, shown = ""] = /```json\n(.*?)```/s.exec(page) ?? [];
  expect(shown).toBe(readFileSync(join(import.meta.dir, "subject.json"), "utf8"));
  expect(readSubject(shown)).toHaveProperty("kind", "interface");
});

plain("the page has all keys of subject.json, and no other", () => {
  // Of each row the first cell alone: the others name keys of other things.
  const rows = [...page.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = ""]) => cell);
  const shown = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key));
  expect(shown.toSorted()).toEqual(knownKeys().toSorted());
});

/** The keys that the suite names where an unknown one stands. */
function knownKeys(): string[] {
  try {
    readSubject('{"no such key":1}');
  } catch (error) {
    if (!(error instanceof SubjectError)) throw error;
    return /it knows (.*)$/.exec(error.message)?.[1]?.split(", ") ?? [];
  }
  return [];
}

plain("the list of known failures on the page can be read", () => {
  const [, shown = ""] = /```text\n(profile.*?)```/s.exec(page) ?? [];
  const { profile, entries } = readKnown(shown);
  expect(profile).toBe("full");
  expect(entries.map(({ reason }) => reason !== "")).toEqual([true, true]);
  const suite = PLUGIN_CHECKS.map(({ name }) => name);
  expect(judgeKnown({ profile, entries }, { suite, outcomes: [] }).stale).toEqual([]);
});
