import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type WrittenPart, withPart } from "../tools/written-part.ts";
import { numbersOf } from "./numbers.ts";
import { draw } from "./plot.ts";
import { markdown, type Record, render } from "./record.ts";

/** Files of runs: `<name>.json`, `<name>.md`, and `<name>-<plot>.svg` for each plot. */

/** Where runs are kept. */
export const RESULTS: string = fileURLToPath(new URL("./results/", import.meta.url));

/** The run that docs/performance.md and README.md show; the only one in the repository. */
export const PUBLISHED = "published";

const DOCUMENT = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const README = fileURLToPath(new URL("../README.md", import.meta.url));
const FROM_DOCUMENT = "../bench/results";
const RESULTS_PART: WrittenPart = {
  begin: "<!-- results: written by `npm run bench -- --publish` -->",
  end: "<!-- end of results -->",
};
const NUMBERS_PART: WrittenPart = {
  begin: "<!-- numbers: written by `npm run bench -- --publish` -->",
  end: "<!-- end of numbers -->",
};
/** How many runs stay. */
const KEPT = 3;

/** Writes a run's files under a name. */
export function write(directory: string, name: string, record: Record): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(record, rounded)}\n`);
  const text = render(record, (id) => `${name}-${id}.svg`);
  writeFileSync(join(directory, `${name}.md`), `${text}\n`);
  for (const plot of record.scenarios.flatMap(({ outcome }) => outcome.plots ?? [])) {
    writeFileSync(join(directory, `${name}-${plot.id}.svg`), draw(plot));
  }
}

export function read(path: string): Record {
  return JSON.parse(readFileSync(path, "utf8")) as Record;
}

/** Removes the files of all but the newest runs. */
export function prune(directory: string): void {
  const stamps = readdirSync(directory)
    .filter((name) => /^\d{4}-.*\.json$/.test(name))
    .map((name) => name.replace(/\.json$/, ""))
    .sort();
  for (const old of stamps.slice(0, -KEPT)) {
    for (const name of readdirSync(directory).filter((each) => each.startsWith(old))) {
      rmSync(join(directory, name));
    }
  }
}

/** Makes a run the one that the documents show. */
export function publish(record: Record): void {
  for (const name of readdirSync(RESULTS).filter((each) => each.startsWith(PUBLISHED))) {
    rmSync(join(RESULTS, name));
  }
  write(RESULTS, PUBLISHED, record);
  writeFileSync(DOCUMENT, withResults(readFileSync(DOCUMENT, "utf8"), record));
  writeFileSync(README, withNumbers(readFileSync(README, "utf8"), record));
}

/** docs/performance.md with a run's tables in their place. */
export function withResults(document: string, record: Record): string {
  const text = render(record, (id) => `${FROM_DOCUMENT}/${PUBLISHED}-${id}.svg`, "###");
  return withPart(document, RESULTS_PART, text);
}

/** README.md with the few numbers of a run that matter most. */
export function withNumbers(document: string, record: Record): string {
  return withPart(document, NUMBERS_PART, markdown(numbersOf(record)));
}

/** Milliseconds to the microsecond: what lies behind that was not measured. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
}
