/**
 * `npm run manuals`: writes the README of each plugin from its manual, its schema and its examples.
 * A unit test holds that they are as this would write them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readme, readmePath } from "./manuals/readme.ts";
import { PLUGIN_NAMES } from "./rooms.ts";
import { ROOT } from "./test/files.ts";

const failures: string[] = [];
for (const name of PLUGIN_NAMES) {
  try {
    writeFileSync(join(ROOT, readmePath(name)), await readme(name));
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
