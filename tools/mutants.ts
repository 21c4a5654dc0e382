/**
 * `npm run mutants`: does the conformance suite find faults? It runs the suite on each deliberate fault
 * of `tools/mutants` until the first finding, and ends with 1 when it finds too few of them.
 * `--only NAME` (again for more), `--of bridge`, `--sample 10 --seed 7`, `--jobs 4`, `--list`.
 */

import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { build } from "./build/build.ts";
import { type Judgement, judge, judgeSound, type Verdict } from "./mutants/judge.ts";
import { buildMutants } from "./mutants/layout.ts";
import { summarise } from "./mutants/score.ts";
import { chooseSubjects, type Subject } from "./mutants/subject.ts";
import { inParallel } from "./test/process.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    of: { type: "string" },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string" },
    list: { type: "boolean" },
  },
});
const seed = Number(values.seed);
const { only, of, sample } = values;
const count = sample === undefined ? undefined : Number(sample);
const subjects = chooseSubjects({ only, of, sample: count, seed });
if (values.list) {
  for (const { name, of: plugin, what } of subjects) {
    console.log(`${name.padEnd(46)} ${plugin}: ${what}`);
  }
} else {
  process.exitCode = await runAll();
}

async function runAll(): Promise<number> {
  await build();
  const home = await buildMutants();
  try {
    return await judgeAll(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function judgeAll(home: string): Promise<number> {
  // The suite itself runs checks side by side.
  const width = Number(values.jobs ?? Math.max(1, Math.floor(availableParallelism() / 2)));
  const plugins = [...new Set(subjects.map((subject) => subject.of))];
  const problems = await inParallel(plugins, width, async (plugin) => {
    const problem = problemOf(await judgeSound(home, plugin, seed));
    return problem === undefined ? [] : [`${plugin} without a fault does not pass: ${problem}`];
  });
  if (problems.flat().length > 0) {
    console.error(["there is no score:", ...problems.flat()].join("\n"));
    return 1;
  }
  const judged = await inParallel(subjects, width, async (subject) => {
    const judgement = await judge(home, subject, seed);
    console.log(line(subject, judgement));
    return { subject, judgement };
  });
  const { text, isEnough } = summarise(judged);
  console.log(text);
  return isEnough ? 0 : 1;
}

function problemOf({ caughtBy, trouble }: Verdict): string | undefined {
  if (caughtBy === undefined) return trouble;
  const { check, finding } = caughtBy;
  return `${check}: expected ${finding?.expected}; came ${finding?.came}`;
}

function line({ name }: Subject, { caughtBy, trouble, seconds }: Judgement): string {
  const rule = caughtBy === undefined ? "" : `${caughtBy.rule} ${caughtBy.check}`;
  const state = caughtBy === undefined ? (trouble ?? "SURVIVED") : rule;
  return `${name.padEnd(46)} ${seconds.toFixed(1).padStart(6)} s  ${state}`;
}
