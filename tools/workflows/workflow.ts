import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import { ROOT } from "../test/files.ts";

/** The workflows of hosted CI, as far as what they run is concerned. */

const DIRECTORY = ".github/workflows";
const ENVIRONMENT = v.record(v.string(), v.string());
const STEP = v.object({
  name: v.optional(v.string()),
  uses: v.optional(v.string()),
  run: v.optional(v.string()),
  env: v.optional(ENVIRONMENT),
  "working-directory": v.optional(v.string()),
  with: v.optional(v.object({ path: v.optional(v.string()) })),
});
const JOB = v.object({
  name: v.string(),
  env: v.optional(ENVIRONMENT),
  strategy: v.optional(v.object({ matrix: v.record(v.string(), v.array(v.unknown())) })),
  steps: v.array(STEP),
});
const WORKFLOW = v.object({
  name: v.string(),
  permissions: v.record(v.string(), v.string()),
  env: v.optional(ENVIRONMENT),
  jobs: v.record(v.string(), JOB),
});

export type Step = v.InferOutput<typeof STEP>;

export interface Job {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  /** The values with which it runs, one after another. */
  readonly matrix: readonly Readonly<Record<string, string>>[];
  readonly steps: readonly Step[];
}

export interface Workflow {
  /** From the top of the repository. */
  readonly path: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: readonly Job[];
}

/** Every workflow, in the order of their files. */
export function readWorkflows(): Workflow[] {
  return readdirSync(join(ROOT, DIRECTORY))
    .sort()
    .map((name) => readWorkflow(join(DIRECTORY, name)));
}

function readWorkflow(path: string): Workflow {
  const file = v.parse(WORKFLOW, parse(readFileSync(join(ROOT, path), "utf8")));
  const jobs = Object.entries(file.jobs).map(([id, { env, strategy, steps }]): Job => {
    const matrix = matrixOf(strategy?.matrix ?? {});
    return { id, env: { ...file.env, ...env }, matrix, steps };
  });
  return { path, permissions: file.permissions, jobs };
}

/** One list of values is enough for ours, or `include`, which names whole rows. */
function matrixOf(matrix: Readonly<Record<string, readonly unknown[]>>): Record<string, string>[] {
  const [first] = Object.entries(matrix);
  if (first === undefined) return [{}];
  const [key, values] = first;
  if (key === "include") return values.map((row) => v.parse(ENVIRONMENT, row));
  return values.map((value) => ({ [key]: String(value) }));
}
