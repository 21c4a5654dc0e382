import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { ROOT } from "../../tools/test/files.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { PATIENCE } from "../support/patience.ts";
import { campaign, SUBJECT_NAMES } from "./campaign.ts";
import { casesOf } from "./generate/cases.ts";
import { NEEDS } from "./generate/subjects.ts";
import { KNOWN } from "./known/index.ts";
import { missing } from "./twins.ts";

/** The minute of `npm run differential` that runs with all tests, with the same cases each time. */

const SEED = 2026;
const RUNS = PATIENCE > 1 ? 2 : 5;
const TEST_MS = 120_000;

describe("the reference plugins and ours, side by side", () => {
  for (const subject of SUBJECT_NAMES) {
    const need = NEEDS[subject];
    const reason = missing();
    const one = reason === undefined && need !== undefined ? needs(need) : skipBecause(reason);
    one(
      `${RUNS} cases of ${subject}: no difference without a number`,
      async () => {
        const { finding, cases } = await campaign({
          ...{ subject, seed: SEED, runs: RUNS },
          // In the kernel lab each case takes many times longer.
          asFound: PATIENCE > 1,
        });
        expect(finding).toBeUndefined();
        expect(cases).toBe(RUNS);
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
