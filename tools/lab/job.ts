import * as v from "valibot";
import type { Outcome } from "../test/outcome.ts";

/** What the outside and the inside of the lab say to each other. */

const JOB_FILE = v.object({
  /** From the top of the repository. */
  path: v.string(),
  /** Only tests whose name matches this pattern. */
  name: v.optional(v.string()),
});

const JOB = v.object({ files: v.array(JOB_FILE) });

/** A test file, or some tests of it. */
export type JobFile = v.InferOutput<typeof JOB_FILE>;

/** What the guest is to run. */
export type Job = v.InferOutput<typeof JOB>;

const OUTCOMES = v.array(
  v.object({
    file: v.string(),
    name: v.string(),
    status: v.picklist(["passed", "failed", "skipped"]),
  }),
);

/** Stands before the one line of the guest that is for the program and not for people. */
const MARK = "@outcomes ";

export function writeJob(job: Job): string {
  return JSON.stringify(job);
}

export function readJob(text: string): Job {
  return v.parse(JOB, JSON.parse(text));
}

export function outcomesLine(outcomes: readonly Outcome[]): string {
  return `${MARK}${JSON.stringify(outcomes)}`;
}

/** The outcomes, when the line holds them. */
export function readOutcomes(line: string): Outcome[] | undefined {
  return line.startsWith(MARK) ? v.parse(OUTCOMES, JSON.parse(line.slice(MARK.length))) : undefined;
}
