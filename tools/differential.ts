/**
 * `npm run differential`: generated cases for every plugin, played by the Go reference plugins and by
 * ours on two throwaway hosts; what differs and has no number in docs/divergences.md is printed.
 * `-- --plugin bridge --runs 50 --seed 7`: of some; `--full`: for an hour; `--path`: one case again.
 */
import { parseArgs } from "node:util";
import { runAll } from "../tests/differential/run.ts";
import { missing } from "../tests/differential/twins.ts";
import { buildPeers } from "../tests/peers/build-peers.ts";
import { runWorldTests } from "./test/bun-tests.ts";
import { testFiles } from "./test/files.ts";
import { exitCode, summary } from "./test/outcome.ts";

const CANNOT = 3;
const { values } = parseArgs({
  options: {
    plugin: { type: "string", multiple: true },
    runs: { type: "string" },
    seed: { type: "string" },
    path: { type: "string" },
    full: { type: "boolean", default: false },
  },
});

await buildPeers();
const reason = missing();
if (reason === undefined) {
  const codes = [await runAll(values)];
  if (values.full && values.plugin === undefined) codes.push(await configurations());
  process.exitCode = Math.max(...codes);
} else {
  console.error(`nothing to compare with: ${reason}`);
  process.exitCode = CANNOT;
}

/** All the generated configurations, each run by both cnitools. */
async function configurations(): Promise<number> {
  process.env["HAWSER_CONFIGURATIONS"] = "all";
  const outcomes = await runWorldTests(await testFiles(["tests/peers/configurations.client"]));
  console.log(summary(outcomes));
  return exitCode(outcomes);
}
