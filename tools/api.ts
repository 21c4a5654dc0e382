/**
 * `npm run api`: writes the reports of the public API in `api/` anew, and names what breaks the promise of the
 * last release. With `--release` it writes down what this version promises.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { breaks, mayBreak, RELEASED_PATH, releasedText, releasedVersion } from "./api/breaks.ts";
import { exportsOf, readDoors } from "./api/doors.ts";
import { report, reportPath } from "./api/report.ts";
import { sections } from "./release/notes.ts";
import { ROOT } from "./test/files.ts";

const doors = readDoors();
mkdirSync(join(ROOT, "api"), { recursive: true });
const reports = doors.map((door) => report(door, exportsOf(door, doors)));
for (const [at, door] of doors.entries()) {
  writeFileSync(join(ROOT, reportPath(door)), reports[at] ?? "");
}
console.log(`${doors.length} reports written`);

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
};
const path = join(ROOT, RELEASED_PATH);
const text = readFileSync(path, "utf8");
const released = releasedVersion(text);
if (process.argv.includes("--release")) {
  const changes = sections(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"));
  if (released === version && changes.some(({ name }) => name === version)) {
    console.error(`${version} is released: what it promises stays as it is`);
    process.exit(1);
  }
  writeFileSync(path, releasedText(version, reports));
  console.log(`${RELEASED_PATH} is that of ${version}`);
} else {
  const problems = mayBreak(version, released) ? [] : breaks(text, reports);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error(
      `These break programs that were written for ${released}, and ${version} may not do so: make them ` +
        "additions, or step the version in package.json (major; before 1.0.0 minor)",
    );
    process.exitCode = 1;
  }
}
