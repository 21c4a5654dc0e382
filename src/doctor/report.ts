/** A stage while it is gone through. */
import { defined, errorText, printable } from "../base/index.ts";
import { CATALOGUE, type FindingName } from "./catalogue.ts";
import type { Finding, Stage } from "./finding.ts";

/** Thrown by a stage that cannot be gone through, as an earlier one has found nothing to look at. */
export class NotReached extends Error {
  override name = "NotReached";
}

/** What a stage looks at and finds. */
export class Report {
  readonly looked: string[] = [];
  readonly findings: Finding[] = [];
  note: string | undefined;

  /** Notes what is looked at. */
  look(what: string): void {
    const text = printable(what);
    if (!this.looked.includes(text)) this.looked.push(text);
  }

  /** Notes something that is not as it should be. The same is said once. */
  find(name: FindingName, message: string, remedy: string): void {
    const { severity } = CATALOGUE[name];
    const finding = { name, severity, message: printable(message), remedy: printable(remedy) };
    const isKnown = this.findings.some(
      (one) => one.name === name && one.message === finding.message,
    );
    if (!isKnown) this.findings.push(finding);
  }

  /** What is as it should be. */
  pass(note: string): void {
    this.note = printable(note);
  }
}

/** One stage of an examination: its name, its title, and what it does. */
export interface StageSpec<T> {
  readonly name: string;
  readonly title: string;
  look(subject: T, report: Report): void | Promise<void>;
}

/** Goes through the stages in their order, whatever any of them finds. */
export async function goThrough<T>(specs: readonly StageSpec<T>[], subject: T): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const spec of specs) stages.push(await stageOf(spec, subject));
  return stages;
}

async function stageOf<T>(spec: StageSpec<T>, subject: T): Promise<Stage> {
  const { name, title } = spec;
  const report = new Report();
  try {
    await spec.look(subject, report);
  } catch (error) {
    if (error instanceof NotReached && report.findings.length === 0) {
      const { looked } = report;
      return { name, title, state: "not-reached", looked, findings: [], note: error.message };
    }
    if (!(error instanceof NotReached)) unreadable(report, error);
  }
  const { looked, findings, note } = report;
  const isFailed = findings.some(({ severity }) => severity === "failed");
  const state = isFailed ? "failed" : findings.length > 0 ? "warned" : "passed";
  return {
    name,
    title,
    state,
    looked,
    findings,
    ...defined({ note: findings.length > 0 ? undefined : note }),
  };
}

/** Where there is no better advice. */
export const LOOK = "hawser doctor --verbose";

/** A source that cannot be read is named, and the rest goes on. */
function unreadable(report: Report, error: unknown): void {
  report.find("source-unreadable", `this cannot be looked at: ${errorText(error)}`, LOOK);
}
