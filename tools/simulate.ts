/**
 * `npm run simulate`: fleets in virtual time, with faults of chance, judged over their whole history.
 * `-- --seeds 5000`: so many, from `--seed` on; `--seconds 60`: as many as fit; `--seed 7` alone: that one,
 * with a line for all that happens; `--off lease,kill`: without these faults; `--mutant NAME`: with a fault of
 * the protocol that has to be found; `--fleet 5000`: counts what so many nodes ask of their store. A seed that fails is shrunk, and the command that repeats it is printed.
 */
import { parseArgs } from "node:util";
import { createMember } from "../src/fleet/index.ts";
import { countFleet, printFleet } from "../tests/simulation/fleet.ts";
import { MUTANTS } from "../tests/simulation/mutants.ts";
import { type Run, runSeed } from "../tests/simulation/run.ts";
import { FAULTS, type FaultKind } from "../tests/simulation/scenario.ts";
import { shrink } from "../tests/simulation/shrink.ts";

/** As many failing seeds are shown as a person reads. */
const SHOWN = 5;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    seconds: { type: "string" },
    off: { type: "string", default: "" },
    mutant: { type: "string" },
    fleet: { type: "string" },
  },
});

const off = values.off.split(",").filter((kind) => kind !== "");
const unknown = off.find((kind) => !FAULTS.some((fault) => fault === kind));
if (unknown !== undefined) {
  throw new Error(`no kind of fault: ${unknown}; there are ${FAULTS.join(", ")}`);
}
const mutant = values.mutant === undefined ? undefined : MUTANTS[values.mutant];
if (values.mutant !== undefined && mutant === undefined) {
  throw new Error(`no mutant: ${values.mutant}; there are ${Object.keys(MUTANTS).join("; ")}`);
}

if (values.fleet !== undefined) {
  console.log(printFleet(countFleet(Number(values.fleet), createMember)));
} else if (
  values.seed !== undefined &&
  values.seeds === undefined &&
  values.seconds === undefined
) {
  const { breaches } = runSeed({
    ...runOf(Number(values.seed)),
    trace: (line) => console.log(line),
  });
  process.exitCode = breaches.length === 0 ? 0 : 1;
} else {
  process.exitCode = many();
}

function runOf(seed: number): Run {
  return {
    seed,
    makeMember: createMember,
    off: off as FaultKind[],
    ...(mutant === undefined ? {} : { mutant }),
  };
}

/** As many seeds as were asked for. */
function many(): number {
  const start = performance.now();
  const endMs =
    values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds) * 1000;
  const count = Number(
    values.seeds ?? (values.seconds === undefined ? 1000 : Number.POSITIVE_INFINITY),
  );
  const first = Number(values.seed ?? 1);
  let [done, failed, served] = [0, 0, 0];
  while (done < count && performance.now() - start < endMs) {
    const run = runOf(first + done);
    const verdict = runSeed(run);
    done++;
    served += verdict.counts.served;
    if (verdict.breaches.length === 0) continue;
    failed++;
    if (failed <= SHOWN) show(run);
  }
  const seconds = (performance.now() - start) / 1000;
  const rate = Math.round((done / seconds) * 60);
  console.log(
    `${done} seeds in ${seconds.toFixed(1)} s (${rate} a minute), ${served} ADDs served, ${failed} failed`,
  );
  return failed === 0 ? 0 : 1;
}

function show(run: Run): void {
  const { off: without, verdict } = shrink(run);
  const { config, nodes, faults } = verdict.scenario;
  console.log(`seed ${run.seed}: ${verdict.breaches[0]}`);
  console.log(
    `  ${nodes} nodes, ${config.subnets.join(" ")} in /${config.blockSizes[0]}; ${[...faults].join(" ")}`,
  );
  const options = without.length === 0 ? "" : ` --off ${without.join(",")}`;
  const bent = values.mutant === undefined ? "" : ` --mutant "${values.mutant}"`;
  console.log(`  npm run simulate -- --seed ${run.seed}${options}${bent}`);
}
