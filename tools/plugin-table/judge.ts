import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { missingThing, type Outcome } from "../test/outcome.ts";
import { tell } from "../test/tell.ts";
import { COLUMNS, reasonWithout, TABLE_TESTS } from "./columns.ts";
import { cellsOf, noteRun, type PluginRecord } from "./record.ts";
import { cellsShown, cellText, DOCUMENT, labText, PASSED, titles } from "./render.ts";

/** Holds the committed table to its tests. */

/** Rows, columns and reasons that the document lacks or has too many of. */
export function shapeProblems(document: string): string[] {
  const shown = cellsShown(document);
  const wanted = new Set(PLUGIN_NAMES);
  const rows = [
    ...PLUGIN_NAMES.filter((name) => !shown.has(name)).map((name) => `no row for ${name}`),
    ...[...shown.keys()].filter((name) => !wanted.has(name)).map((name) => `${name} is no plugin`),
  ];
  const cells = [...shown].flatMap(([plugin, row]) => {
    const missing = titles().filter((title) => !row.has(title));
    const wrong = COLUMNS.filter((column) => {
      const cell = row.get(column.title);
      return cell !== undefined && cell !== (reasonWithout(plugin, column) ?? PASSED);
    });
    return [
      ...missing.map((title) => `${plugin}: no column "${title}"`),
      ...wrong.map(({ title }) => `${plugin}: "${title}" says ${row.get(title)}`),
    ];
  });
  return [...rows, ...cells];
}

/** Cells that the document has as passed, though the run has not passed them. */
export function runProblems(document: string, run: PluginRecord): string[] {
  const labRan = Object.keys(run.lab).length > 0;
  return [...cellsShown(document)].flatMap(([plugin, row]) => {
    const own = COLUMNS.flatMap((column) => {
      const found = cellText(plugin, column, run);
      const name = `${plugin} > ${column.claim}`;
      // Where there is no lab, what this kernel lacks is not known.
      if (found === "?" && !labRan && run.here[name] === "skipped") return [];
      return row.get(column.title) === found ? [] : [`${name}: ${found}`];
    });
    // A whole run takes to the lab what it has skipped: other rows are those of `npm run test:lab`.
    const wasThere = Object.keys(run.lab).some((name) => name.startsWith(`${plugin} > `));
    const lab = wasThere && row.get("kernel lab") !== labText(plugin, run);
    return lab ? [...own, `${plugin}: kernel lab: ${labText(plugin, run)}`] : own;
  });
}

/** What this machine lacks, when for that reason the tests of the table did not run at all. */
function reasonWithoutTable(here: readonly Outcome[]): string | undefined {
  const ofTable = here.filter(({ file }) => file.startsWith(TABLE_TESTS));
  const whole = ofTable.find(
    ({ name, status }) => status === "skipped" && name.startsWith("all tests "),
  );
  return whole === undefined ? undefined : missingThing(whole.name);
}

function skippedTable(missing: string): Outcome {
  return { file: DOCUMENT, name: `${JUDGED} (skipped: needs ${missing})`, status: "skipped" };
}

const JUDGED = "the table says what the run found";

/** After a run: notes its cells, and after a whole one compares them with the document. */
export function judgeTable(
  here: readonly Outcome[],
  lab: readonly Outcome[],
  isWhole: boolean,
): Outcome[] {
  const missing = reasonWithoutTable(here);
  if (missing !== undefined) return isWhole ? [skippedTable(missing)] : [];
  const run = { here: cellsOf(here), lab: cellsOf(lab) };
  if (Object.keys(run.here).length + Object.keys(run.lab).length === 0) return [];
  noteRun(run);
  const path = join(ROOT, DOCUMENT);
  if (!isWhole || !existsSync(path)) return [];
  const problems = runProblems(readFileSync(path, "utf8"), run);
  const outcome: Outcome = {
    file: DOCUMENT,
    name: JUDGED,
    status: problems.length === 0 ? "passed" : "failed",
  };
  tell(DOCUMENT, [outcome], 0, [...problems, "run `npm run manuals`"].join("\n"));
  return [outcome];
}
