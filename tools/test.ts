/**
 * `npm test`: everything that this machine can run, with the counts on the last line; at the end
 * the kernel lab runs the kernel tests once more, on a kernel that has all that they need.
 * `npm test -- --bare`: and before that all of it as on a machine without those programs, as CI does.
 * `npm test -- bridge -t "name"`: the test files whose path contains "bridge", and of them the
 * tests whose name matches; the checks are left out then.
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { errorText } from "../src/base/index.ts";
import { buildPeers } from "../tests/peers/build-peers.ts";
import { printOutcomes, runBareTests } from "./bare/tests.ts";
import { build } from "./build/build.ts";
import { runSteps } from "./check/steps.ts";
import { runLab } from "./lab/lab.ts";
import { forLab } from "./lab/selection.ts";
import { judgeTable } from "./plugin-table/judge.ts";
import { runUnitTests, runWorldTests } from "./test/bun-tests.ts";
import { type Kind, testFiles } from "./test/files.ts";
import { mergeRuns } from "./test/merge.ts";
import { runNodeTests } from "./test/node-tests.ts";
import { exitCode, judgeSkips, type Outcome, summary } from "./test/outcome.ts";
import { tell } from "./test/tell.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "test-name-pattern": { type: "string", short: "t" },
    bare: { type: "boolean" },
    /** Where the outcomes are written, for the run that has started this one. */
    outcomes: { type: "string" },
  },
});
const choice = { name: values["test-name-pattern"] };
const files = await testFiles(positionals);
const ofKind = (kind: Kind): typeof files => files.filter((file) => file.kind === kind);

// First, so that what is built last is built with all that this machine has.
const bare = values.bare === true ? await runBareTests(positionals) : [];
const outcomes: Outcome[] = [];
// Of sources alone: the run that has started this one does them itself.
const isWithin = values.outcomes !== undefined;
if (positionals.length === 0 && !isWithin) outcomes.push(...(await runSteps()));
if (positionals.length === 0 || files.some(({ kind }) => kind !== "unit")) {
  outcomes.push(await buildAll());
}
if (
  positionals.length === 0 ||
  files.some(({ path }) => /^tests\/(peers|clients|differential)\//.test(path))
) {
  // Where Go is there; where not, the tests against these say so as they are skipped.
  await buildPeers();
}
outcomes.push(...(await runUnitTests(ofKind("unit"), choice)));
outcomes.push(...(await runWorldTests(ofKind("netns"), choice)));
outcomes.push(...(await runNodeTests(ofKind("node"))));
outcomes.push(...(await runWorldTests(ofKind("client"), choice)));

const lab = positionals.length === 0 ? await runLab(forLab(files, outcomes)) : [];
const table = judgeTable(outcomes, lab, positionals.length === 0);
const here = [...mergeRuns(judgeSkips(outcomes), judgeSkips(lab), "in the kernel lab"), ...table];
const judged = mergeRuns(here, bare, "on a bare machine");
if (values.outcomes !== undefined) writeFileSync(values.outcomes, printOutcomes(judged));
console.log(summary(judged));
process.exitCode = exitCode(judged);

async function buildAll(): Promise<Outcome> {
  const started = performance.now();
  const problem = await build().then(
    () => undefined,
    (error: unknown) => errorText(error),
  );
  const status = problem === undefined ? "passed" : "failed";
  const outcome: Outcome = { file: "build", name: "dist", status };
  tell("build", [outcome], (performance.now() - started) / 1000, problem ?? "");
  return outcome;
}
