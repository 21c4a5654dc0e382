/**
 * `npm run mutants`: does the conformance suite find faults? It runs the suite on each deliberate fault
 * of `tools/mutants/plugin` until the first finding, and ends with 1 when it finds too few of them.
 * `--only NAME` (again for more), `--sample 10 --seed 7`, `--list`.
 */

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { build } from "./build/build.ts";
import { type Judgement, judge } from "./mutants/judge.ts";
import { buildMutants, placeMutant } from "./mutants/layout.ts";
import { type Mutant, SOUND } from "./mutants/mutant.ts";
import { summarise } from "./mutants/score.ts";
import { chooseMutants } from "./mutants/table.ts";
import { inParallel } from "./test/process.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    list: { type: "boolean" },
  },
});
const seed = Number(values.seed);
const mutants = chooseMutants({
  only: values.only,
  sample: values.sample === undefined ? undefined : Number(values.sample),
  seed,
});
if (values.list) {
  for (const { name, of, what } of mutants) console.log(`${name.padEnd(44)} ${of}: ${what}`);
} else {
  process.exitCode = await runAll();
}

async function runAll(): Promise<number> {
  await build();
  await buildMutants();
  for (const plugin of new Set(mutants.map(({ of }) => of))) {
    const problem = problemOf(await judge(placeMutant(SOUND, plugin), seed));
    if (problem === undefined) continue;
    console.error(
      `${plugin} without a fault does not pass, so that no score can be told: ${problem}`,
    );
    return 1;
  }
  const width = Math.max(1, Math.floor(availableParallelism() / 2));
  const judged = await inParallel(mutants, width, async (mutant) => {
    const judgement = await judge(placeMutant(mutant.name, mutant.of), seed);
    console.log(line(mutant, judgement));
    return { mutant, judgement };
  });
  const { text, isEnough } = summarise(judged);
  console.log(text);
  return isEnough ? 0 : 1;
}

function problemOf({ caughtBy, trouble }: Judgement): string | undefined {
  if (caughtBy === undefined) return trouble;
  const { check, finding } = caughtBy;
  return `${check}: expected ${finding?.expected}; came ${finding?.came}`;
}

function line({ name }: Mutant, { caughtBy, trouble, seconds }: Judgement): string {
  const rule = caughtBy === undefined ? "" : `${caughtBy.rule} ${caughtBy.check}`;
  const state = caughtBy === undefined ? (trouble ?? "SURVIVED") : rule;
  return `${name.padEnd(44)} ${seconds.toFixed(1).padStart(6)} s  ${state}`;
}
