/**
 * `npm run differential`: generated cases for every plugin, played by the Go reference plugins and by
 * ours on two throwaway hosts; what differs and has no number in docs/divergences.md is printed.
 * `-- --plugin bridge --runs 50 --seed 7`: of some; `--full`: for an hour; `--path`: one case again.
 */
import { parseArgs } from "node:util";
import { runAll } from "../tests/differential/run.ts";
import { missing } from "../tests/differential/twins.ts";
import { buildPeers } from "../tests/peers/build-peers.ts";

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
  process.exitCode = await runAll(values);
} else {
  console.error(`nothing to compare with: ${reason}`);
  process.exitCode = CANNOT;
}
