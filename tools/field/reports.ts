import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import type { FieldReport } from "./matrix.ts";
import type { FieldSet } from "./sets.ts";

/** Reports of earlier runs, so that one set can be run alone. */

const KEPT = join(ROOT, ".cache/field");

export function keepReport(set: string, subject: string, report: FieldReport): void {
  const dir = join(KEPT, set);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, `${subject}.json`), JSON.stringify(report));
}

/** In the order of the sets. */
export function keptReports(sets: readonly FieldSet[]): FieldReport[] {
  return sets.flatMap(({ key, subjects }) => {
    return subjects.flatMap(({ name }): FieldReport[] => {
      const path = join(KEPT, key, `${name}.json`);
      return existsSync(path) ? [JSON.parse(readFileSync(path, "utf8")) as FieldReport] : [];
    });
  });
}
