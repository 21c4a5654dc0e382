import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { errorText } from "../../src/base/index.ts";
import { ROOT } from "../test/files.ts";
import type { Outcome } from "../test/outcome.ts";
import { inScratch } from "../test/process.ts";
import { tell } from "../test/tell.ts";
import { runBare } from "./bare.ts";

/** The whole run of tests once more, without the programs that `npm run setup` brings. */

const OUTCOMES = v.array(
  v.object({
    file: v.string(),
    name: v.string(),
    status: v.picklist(["passed", "failed", "skipped"]),
  }),
);

/** What the run ends with, for the run that has started it. */
export function printOutcomes(outcomes: readonly Outcome[]): string {
  return JSON.stringify(outcomes);
}

/** Runs the same files; gives their outcomes, and one for the run as a whole. */
export async function runBareTests(patterns: readonly string[]): Promise<Outcome[]> {
  console.log("     first as on a machine with nothing but Node, npm and essential packages");
  const started = performance.now();
  return await inScratch(async (scratch) => {
    const report = join(scratch, "outcomes.json");
    const tests = join(ROOT, "tools/test.ts");
    const argv = [process.execPath, tests, "--outcomes", report, ...patterns];
    const code = await runBare(argv).catch((error: unknown) => errorText(error));
    const outcomes = existsSync(report)
      ? v.parse(OUTCOMES, JSON.parse(readFileSync(report, "utf8")))
      : [];
    const whole: Outcome = {
      file: "a bare machine",
      name: "what needs a program says so, and the rest passes",
      status: code === 0 && outcomes.length > 0 ? "passed" : "failed",
    };
    tell(whole.file, [whole], (performance.now() - started) / 1000, `it ended with ${code}`);
    return [...outcomes, whole];
  });
}
