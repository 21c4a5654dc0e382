/** `npm run api`: writes the reports of the public API in `api/` anew. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportsOf, readDoors } from "./api/doors.ts";
import { report, reportPath } from "./api/report.ts";
import { ROOT } from "./test/files.ts";

const doors = readDoors();
mkdirSync(join(ROOT, "api"), { recursive: true });
for (const door of doors) {
  writeFileSync(join(ROOT, reportPath(door)), report(door, exportsOf(door, doors)));
}
console.log(`${doors.length} reports written`);
