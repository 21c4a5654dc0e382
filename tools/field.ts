/**
 * `npm run field [-- SET...] [-- SET/NAME...] [-- --publish]`: runs the conformance suite, full profile, on the
 * implementations that this machine has, ours and others'. With --publish it writes the matrix and the
 * findings of docs/conformance.md; a set that was not run keeps its last report, and with --kept none is.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findings, matrix } from "./field/matrix.ts";
import { keepReport, keptReports } from "./field/reports.ts";
import { reportOf } from "./field/run.ts";
import { fieldSets } from "./field/sets.ts";
import { ROOT } from "./test/files.ts";
import { withPart } from "./written-part.ts";

const DOCUMENT = join(ROOT, "docs/conformance.md");
const PART = {
  begin: "<!-- matrix: written by `npm run field -- --publish` -->",
  end: "<!-- end of matrix -->",
};

const words = process.argv.slice(2);
const chosen = words.filter((word) => !word.startsWith("--"));
const sets = fieldSets();
/** A set, or one subject of it as SET/NAME. */
const isChosen = (key: string, name?: string): boolean => {
  if (chosen.length === 0 || chosen.includes(key)) return true;
  return chosen.some((word) =>
    name === undefined ? word.startsWith(`${key}/`) : word === `${key}/${name}`,
  );
};
const unknown = chosen.find((word) => !sets.some(({ key }) => key === word.split("/", 1)[0]));
if (unknown !== undefined) {
  console.error(`no set "${unknown}" here; there are ${sets.map(({ key }) => key).join(", ")}`);
  process.exit(2);
}
const runs = words.includes("--kept") ? [] : sets.filter(({ key }) => isChosen(key));
for (const set of runs) {
  for (const subject of set.subjects.filter(({ name }) => isChosen(set.key, name))) {
    const kept = await reportOf(set, subject);
    keepReport(set.key, subject.name, kept);
    const counts = kept.report?.outcomes ?? [];
    const failed = counts.filter(({ verdict }) => verdict === "failed");
    const told =
      kept.unfit ?? `${counts.length - failed.length} of ${counts.length} without a finding`;
    console.log(`${set.title}: ${subject.name}: ${told}`);
    for (const { check, finding } of failed) console.log(`  ${check}: ${finding?.came ?? ""}`);
  }
}
if (words.includes("--publish")) {
  const kept = keptReports(sets);
  const text = [
    "### Plugins",
    matrix(kept, "plugin"),
    "### Runtimes",
    matrix(kept, "runtime"),
    "### What was found",
    findings(kept),
  ].join("\n\n");
  writeFileSync(DOCUMENT, withPart(readFileSync(DOCUMENT, "utf8"), PART, text));
}
