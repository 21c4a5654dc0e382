/** What a run of tests comes to: one outcome a test, counted at the end. */

export type Status = "passed" | "failed" | "skipped";

export interface Outcome {
  /** The file, or what else was run. */
  readonly file: string;
  readonly name: string;
  readonly status: Status;
}

export type Counts = Readonly<Record<Status, number>>;

const SKIP_REASON = /\bneeds (.+?)[)\]]?$/;

/** What a skipped test says that it needs; undefined when it does not say. */
export function missingThing(name: string): string | undefined {
  return SKIP_REASON.exec(name)?.[1];
}

/** The name of a test, without what is added when it is skipped. */
export function plainName(name: string): string {
  return name.replace(/ \(skipped: needs .*\)$/, "");
}

/** A skip is a claim about the machine: one that does not say what is missing fails. */
export function judgeSkips(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.map((outcome): Outcome => {
    if (outcome.status !== "skipped" || missingThing(outcome.name) !== undefined) return outcome;
    return { ...outcome, name: `${outcome.name}: skipped without a reason`, status: "failed" };
  });
}

export function count(outcomes: readonly Outcome[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status } of outcomes) counts[status] += 1;
  return counts;
}

/** The last line of every run. */
export function closingLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/** Everything that is printed after the runs: failures, skips with their reasons, the counts. */
export function summary(outcomes: readonly Outcome[]): string {
  const counts = count(outcomes);
  const lines = [""];
  if (outcomes.length === 0) lines.push("Nothing ran: no test file matches.", "");
  if (counts.failed > 0) lines.push("Failed:", ...listed(outcomes, "failed"), "");
  if (counts.skipped > 0) lines.push("Skipped:", ...listed(outcomes, "skipped"), "");
  return [...lines, closingLine(counts)].join("\n");
}

function listed(outcomes: readonly Outcome[], status: Status): string[] {
  return outcomes
    .filter((outcome) => outcome.status === status)
    .map((outcome) => `  ${outcome.file}: ${outcome.name}`);
}

/** The exit code of a run: failures, or nothing at all, are not success. */
export function exitCode(outcomes: readonly Outcome[]): number {
  const counts = count(outcomes);
  return counts.failed > 0 || counts.passed + counts.skipped === 0 ? 1 : 0;
}
