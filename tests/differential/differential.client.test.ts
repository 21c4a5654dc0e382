import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { ROOT } from "../../tools/test/files.ts";
import { skipBecause } from "../support/needs.ts";
import { PATIENCE } from "../support/patience.ts";
import { campaign, lacking, SUBJECT_NAMES } from "./campaign.ts";
import { casesOf } from "./generate/cases.ts";
import { KNOWN } from "./known/index.ts";
import { missing } from "./twins.ts";

/** The minute of `npm run differential` that runs with all tests, with the same cases each time. */

const SEED = 2026;
const RUNS = PATIENCE > 1 ? 1 : 4;
/** On a machine that is busy with other tests a plugin is content with fewer cases. */
const SUBJECT_MS = 15_000;
const TEST_MS = 120_000;

describe("the reference plugins and ours, side by side", () => {
  for (const subject of SUBJECT_NAMES) {
    const one = skipBecause(missing() ?? lacking(subject));
    one(
      `cases of ${subject}: no difference without a number`,
      async () => {
        const { finding, cases } = await campaign({
          ...{ subject, seed: SEED, runs: RUNS, until: performance.now() + SUBJECT_MS },
          // In the kernel lab each case takes many times longer.
          asFound: PATIENCE > 1,
        });
        expect(finding).toBeUndefined();
        expect(cases).toBeGreaterThan(0);
      },
      TEST_MS,
    );
  }
});

test("the same seed gives the same cases", () => {
  for (const subject of SUBJECT_NAMES) {
    const sample = (): unknown => fc.sample(casesOf(subject), { seed: SEED, numRuns: 20 });
    expect(sample()).toEqual(sample());
  }
});

test("each number that explains a difference stands in docs/divergences.md", () => {
  const document = readFileSync(join(ROOT, "docs/divergences.md"), "utf8");
  const numbers = [...new Set(KNOWN.map(({ number }) => number))];
  expect(numbers.filter((number) => !document.includes(`### ${number} `))).toEqual([]);
});
