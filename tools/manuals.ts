/**
 * `npm run manuals`: writes the README of each plugin from its manual, its schema and its examples,
 * docs/rules.md from the rules of the conformance suite, the rules in docs/validate.md, the helps in
 * docs/cli.md, and the table in docs/plugins.md from what the last runs of the tests have found. Unit tests hold that the READMEs and the rules are as this
 * would write them, and `npm test` that the table is.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../src/base/index.ts";
import { CLI_DOCUMENT, withHelp } from "./manuals/help.ts";
import { LEADS, leads, readme, readmePath } from "./manuals/readme.ts";
import { RULES_DOCUMENT, rulesDocument } from "./manuals/rules.ts";
import { VALIDATE_DOCUMENT, withRules } from "./manuals/validate.ts";
import { readRecord } from "./plugin-table/record.ts";
import { DOCUMENT, withTable } from "./plugin-table/render.ts";
import { PLUGIN_NAMES } from "./rooms.ts";
import { ROOT } from "./test/files.ts";

const failures: string[] = [];
for (const name of PLUGIN_NAMES) {
  try {
    writeFileSync(join(ROOT, readmePath(name)), await readme(name));
  } catch (error) {
    failures.push(`${name}: ${errorText(error)}`);
  }
}
writeFileSync(join(ROOT, LEADS), leads());
writeFileSync(join(ROOT, RULES_DOCUMENT), rulesDocument());
const validate = join(ROOT, VALIDATE_DOCUMENT);
writeFileSync(validate, withRules(readFileSync(validate, "utf8")));
const cli = join(ROOT, CLI_DOCUMENT);
writeFileSync(cli, await withHelp(readFileSync(cli, "utf8")));
const record = readRecord();
if (Object.keys(record.here).length > 0) {
  const path = join(ROOT, DOCUMENT);
  const table = withTable(readFileSync(path, "utf8"), record);
  // A part of the tests knows a part of the table.
  if (!table.includes("| ? |")) writeFileSync(path, table);
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
