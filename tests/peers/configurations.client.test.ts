import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/test/files.ts";
import { skipBecause } from "../support/needs.ts";
import { newestPlugins } from "../support/plugin-sets.ts";
import { missing } from "./cnitool.ts";
import { differences } from "./configurations/compare.ts";
import { type Configuration, configurations } from "./configurations/generate.ts";
import { NUMBERS, numberOf } from "./configurations/known.ts";
import { GO, HAWSER, Theatre } from "./configurations/play.ts";

/**
 * Generated configurations, run by Go's cnitool with the reference plugins and by ours with ours: what
 * comes of them is the same, or the difference has a number. A part by default, all with
 * HAWSER_CONFIGURATIONS=all, and another number of them with that number.
 */

const ALL = 500;
const EACH = 8;
const TEST_MS = 400_000;
const asked = process.env["HAWSER_CONFIGURATIONS"] ?? "";

/** Every one that is asked for, with its place in the whole. */
function chosen(): [index: number, configuration: Configuration][] {
  const all = [...configurations(Number(asked) || ALL).entries()];
  return asked === "" ? all.filter(([index]) => index % EACH === 0) : all;
}

const withBoth = skipBecause(missing() ?? newestPlugins().missing);
let theatre: Theatre;
beforeAll(async () => {
  if ((missing() ?? newestPlugins().missing) === undefined) theatre = await Theatre.open();
});

/** What a stranger could tell the two apart by, and no number explains. */
async function unexplained(index: number, configuration: Configuration): Promise<string[]> {
  const theirs = await theatre.play(GO, configuration);
  const ours = await theatre.play(HAWSER, configuration);
  const found = differences(theirs, ours);
  const left = found.filter((each) => numberOf(configuration, each) === undefined);
  return left.map((each) => `#${index} ${configuration.changes.join(" | ")}: ${each}`);
}

describe("generated configurations", () => {
  const byType = Map.groupBy(chosen(), ([, { type }]) => type);
  for (const [type, members] of byType) {
    withBoth(
      `${members.length} of ${type}: no difference without a number`,
      async () => {
        const found: string[] = [];
        for (const member of members) found.push(...(await unexplained(...member)));
        expect(found).toEqual([]);
      },
      TEST_MS,
    );
  }
});

test("the same seed gives the same configurations, of all plugins", () => {
  const all = configurations(ALL);
  expect(configurations(ALL)).toEqual(all);
  expect(new Set(all.map(({ text }) => text)).size).toBeGreaterThan(ALL * 0.9);
  expect(new Set(all.map(({ type }) => type)).size).toBe(17);
});

test("each number that explains a difference stands in docs/divergences.md", () => {
  const document = readFileSync(join(ROOT, "docs/divergences.md"), "utf8");
  const missing = NUMBERS.filter((number) => !document.includes(`### ${number} `));
  expect(missing).toEqual([]);
});
