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

const OUTCOME = v.object({
  file: v.string(),
  name: v.string(),
  status: v.picklist(["passed", "failed", "skipped"]),
});

const REPORT = v.object({ path: v.string(), outcomes: v.array(OUTCOME) });

/** What came of one file of the job. */
export interface Report {
  readonly path: string;
  readonly outcomes: readonly Outcome[];
}

/** Stands before the lines of the guest that are for the program and not for people. */
const MARK = "@report ";

export function writeJob(job: Job): string {
  return JSON.stringify(job);
}

export function readJob(text: string): Job {
  return v.parse(JOB, JSON.parse(text));
}

export function reportLine(report: Report): string {
  return `${MARK}${JSON.stringify(report)}`;
}

/** The report, when the line is one. */
export function readReport(line: string): Report | undefined {
  return line.startsWith(MARK) ? v.parse(REPORT, JSON.parse(line.slice(MARK.length))) : undefined;
}
