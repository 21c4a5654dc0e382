import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/files.ts";
import { type Outcome, plainName, type Status } from "../test/outcome.ts";
import { TABLE_TESTS } from "./columns.ts";

/** What the last runs made of each cell, by the name of its test. */

const STATUSES = v.record(v.string(), v.picklist(["passed", "failed", "skipped"]));
const RECORD = v.object({ here: STATUSES, lab: STATUSES });

export interface PluginRecord {
  /** On the machine itself. */
  readonly here: Readonly<Record<string, Status>>;
  /** In the kernel lab. */
  readonly lab: Readonly<Record<string, Status>>;
}

const PATH = join(ROOT, ".cache/plugin-table.json");
const EMPTY: PluginRecord = { here: {}, lab: {} };

export function readRecord(path: string = PATH): PluginRecord {
  if (!existsSync(path)) return EMPTY;
  return v.parse(RECORD, JSON.parse(readFileSync(path, "utf8")));
}

/** The cells among the outcomes of a run. */
export function cellsOf(outcomes: readonly Outcome[]): Record<string, Status> {
  const cells = outcomes.filter(({ file }) => file.startsWith(TABLE_TESTS));
  return Object.fromEntries(cells.map(({ name, status }) => [plainName(name), status]));
}

/** Keeps what a run, or a part of one, has found out. */
export function noteRun(run: Partial<PluginRecord>, path: string = PATH): void {
  const { here, lab } = readRecord(path);
  const all = { here: { ...here, ...run.here }, lab: { ...lab, ...run.lab } };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(all, undefined, 1)}\n`);
}
