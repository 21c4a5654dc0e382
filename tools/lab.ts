/**
 * `npm run test:lab`: the kernel tests on a kernel that has every kind of link, in an emulated
 * machine. `npm run test:lab -- vlan -t "name"`: as with `npm test`, a part of them. `--suite bullseye`: on
 * the kernel of that suite of Debian.
 */
import { parseArgs } from "node:util";
import { build } from "./build/build.ts";
import { runLab } from "./lab/lab.ts";
import { allForLab, inWorld } from "./lab/selection.ts";
import { isSuiteName } from "./lab/suite.ts";
import { judgeTable } from "./plugin-table/judge.ts";
import { testFiles } from "./test/files.ts";
import { exitCode, judgeSkips, summary } from "./test/outcome.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "test-name-pattern": { type: "string", short: "t" }, suite: { type: "string" } },
});
if (values.suite !== undefined && !isSuiteName(values.suite)) {
  console.error(`${JSON.stringify(values.suite)} names no suite of Debian`);
  process.exit(2);
}
const found = (await testFiles(positionals)).filter(({ kind }) => inWorld(kind));
const files = positionals.length === 0 ? allForLab(found) : found;
const name = values["test-name-pattern"];
if (files.length > 0) await build();
const outcomes = judgeSkips(
  await runLab(
    files.map(({ path }) => ({ path, name })),
    values.suite,
  ),
);
judgeTable([], outcomes, false);
console.log(summary(outcomes));
process.exitCode = exitCode(outcomes);
