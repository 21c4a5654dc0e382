import { join } from "node:path";
import { FOLDERS, ROOT } from "../test/files.ts";
import type { Outcome } from "../test/outcome.ts";
import { inParallel, run } from "../test/process.ts";
import { tell } from "../test/tell.ts";

/** The checks that are programs of their own. What is particular to this project is a unit test. */

interface Step {
  readonly name: string;
  readonly argv: readonly string[];
}

/** A run that takes longer than this hangs. */
const STEP_SECONDS = 180;

const STEPS: readonly Step[] = [
  { name: "types and import direction", argv: ["tsc", "-b"] },
  { name: "format and lint", argv: ["biome", "check", "--error-on-warnings"] },
  // Only with paths: without, it would read node_modules too.
  { name: "type-aware lint", argv: ["oxlint", "--type-aware", "--deny-warnings", ...FOLDERS] },
  { name: "dead code", argv: ["knip", "--no-progress"] },
];

export async function runSteps(): Promise<Outcome[]> {
  return await inParallel(STEPS, 2, async ({ name, argv: [program = "", ...args] }) => {
    const argv = [join(ROOT, "node_modules/.bin", program), ...args];
    const result = await run(argv, { cwd: ROOT, timeoutSeconds: STEP_SECONDS });
    const status = result.exitCode === 0 ? "passed" : "failed";
    const outcome: Outcome = { file: "check", name, status };
    tell(name, [outcome], result.seconds, result.output);
    return outcome;
  });
}
