import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";
import { shownCommands } from "../../tools/docs.ts";
import { ROOT } from "../../tools/test/files.ts";
import { quickly, Workspace } from "./workspace.ts";

/** The commands for known failures in docs/conformance-for-authors.md; writing a list takes a whole run. */

requireOwnNamespaces();

const test = needs("ip", "nsenter", "unshare");
const page = readFileSync(join(ROOT, "docs/conformance-for-authors.md"), "utf8");

test("a list is written as the page says, and holds in the next run", async () => {
  using workspace = new Workspace();
  workspace.makePlugin();
  const [write = "", hold = "", ...more] = shownCommands(page).filter((command) =>
    command.includes("--known"),
  );
  expect(more).toEqual([]);
  await workspace.type(quickly(write));
  const list = readFileSync(join(workspace.dir, "conformance/known-failures.txt"), "utf8");
  expect(list).toContain("\nprofile: quick\n");
  await workspace.type(`${quickly(hold)} --rule R48`);
}, 170_000);
