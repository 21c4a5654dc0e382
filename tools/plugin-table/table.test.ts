import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PLUGINS } from "../../src/plugins/registry/index.ts";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { cellNames, FIRST_VERSION, TABLE_TESTS, VERSIONS } from "./columns.ts";
import { runProblems, shapeProblems } from "./judge.ts";
import { cellsOf, noteRun, type PluginRecord, readRecord } from "./record.ts";
import { cellsShown, DOCUMENT, withTable } from "./render.ts";

const committed = readFileSync(join(ROOT, DOCUMENT), "utf8");

test("the table has a cell for each plugin and column, and says ✓ or why not", () => {
  expect(shapeProblems(committed)).toEqual([]);
});

test("every plugin is introduced, with a link to its README", () => {
  const links = [...committed.matchAll(/^\| \[[\w-]+\]\(\.\.\/src\/plugins\/([\w-]+)\//gm)];
  const names = links.map(([, name = ""]) => name);
  expect(names.toSorted()).toEqual([...PLUGIN_NAMES, ...PLUGIN_NAMES].toSorted());
});

test("the release of the reference plugins is the one that the plugins name", async () => {
  const { about } = (await PLUGINS.get("bridge")?.()) ?? { about: "" };
  const release = /v([\d.]+)$/.exec(about)?.[1] ?? "none";
  const named = [...committed.matchAll(/(?:release|reference plugins) (\d+\.\d+\.\d+)/g)];
  expect(new Set(named.map(([, version]) => version))).toEqual(new Set([release]));
});

test("the columns have the versions that the plugins tell", async () => {
  for (const name of PLUGIN_NAMES) {
    const plugin = await PLUGINS.get(name)?.();
    const from = VERSIONS.indexOf(FIRST_VERSION[name] ?? "0.1.0");
    expect([name, plugin?.versions]).toEqual([name, VERSIONS.slice(from)]);
  }
});

describe("a run beside a table", () => {
  const passed = Object.fromEntries(cellNames().map((name) => [name, "passed"] as const));
  const green: PluginRecord = { here: passed, lab: passed };
  const table = withTable(committed, green);
  const name = "dummy > CHECK finds it as ADD left it";

  test("of passed cells the table has ✓, and nothing is wrong", () => {
    expect(shapeProblems(table)).toEqual([]);
    expect(runProblems(table, green)).toEqual([]);
    expect(cellsShown(table).get("bridge")?.get("CHECK")).toBe("✓");
    expect(cellsShown(table).get("static")?.get("GC")).toBe("no state");
  });

  test("a cell that failed, here or in the lab, is told, and spoils the committed table", () => {
    const problem = [`${name}: ✗`];
    expect(runProblems(table, { ...green, here: { ...passed, [name]: "failed" } })).toEqual(
      problem,
    );
    const inLab = { ...green, lab: { ...passed, [name]: "failed" } } as const;
    expect(runProblems(table, inLab)).toEqual([...problem, "dummy: kernel lab: ✗"]);
    expect(shapeProblems(withTable(table, inLab))).toEqual(['dummy: "CHECK" says ✗']);
  });

  test("what is skipped here has to pass in the lab, if there is one", () => {
    const skipped = { ...passed, [name]: "skipped" } as const;
    expect(runProblems(table, { here: skipped, lab: passed })).toEqual([]);
    expect(runProblems(table, { here: skipped, lab: {} })).toEqual([]);
    expect(runProblems(table, { here: skipped, lab: skipped })).toEqual([
      `${name}: ?`,
      "dummy: kernel lab: ?",
    ]);
  });

  test("a cell without a test is told", () => {
    const { [name]: _gone, ...rest } = passed;
    expect(runProblems(table, { here: rest, lab: {} })).toEqual([`${name}: ?`]);
  });

  test("a row that is missing is told", () => {
    const cut = table.replace(/^\| \[tap\].*✓.*\n/m, "");
    expect(shapeProblems(cut)).toEqual(["no row for tap"]);
  });
});

test("parts of a run are kept beside what was known", () => {
  const path = join(tmpdir(), `hawser-table-${process.pid}.json`);
  const outcome = {
    file: TABLE_TESTS,
    name: "a > b (skipped: needs x)",
    status: "skipped",
  } as const;
  try {
    noteRun({ here: cellsOf([outcome, { ...outcome, file: "other" }]) }, path);
    noteRun({ lab: { "a > b": "passed" } }, path);
    expect(readRecord(path)).toEqual({ here: { "a > b": "skipped" }, lab: { "a > b": "passed" } });
  } finally {
    rmSync(path);
  }
});
