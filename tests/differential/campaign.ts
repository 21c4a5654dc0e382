import fc from "fast-check";
import { has } from "../support/features.ts";
import { type Case, describeCase } from "./case.ts";
import { wordsOf } from "./compare.ts";
import { casesOf } from "./generate/cases.ts";
import { NEEDS, SUBJECTS } from "./generate/subjects.ts";
import type { Known } from "./known/index.ts";
import { play } from "./twins.ts";

/** Many cases of one subject: what was compared, and the first difference that no number explains. */

export interface Order {
  readonly subject: string;
  readonly seed: number;
  readonly runs: number;
  /** One case alone, as a finding names it. */
  readonly path?: string;
  /** Without looking for the smallest case that differs, which takes many more. */
  readonly asFound?: boolean;
  /** When nothing new is begun any more, by the clock of `performance.now`. */
  readonly until?: number;
}

export interface Report {
  readonly subject: string;
  readonly cases: number;
  readonly steps: number;
  readonly numbers: ReadonlySet<Known>;
  /** The difference with its case, and the command that repeats it. */
  readonly finding?: string;
}

/** The plugins, some of them in parts. */
export const SUBJECT_NAMES: readonly string[] = Object.keys(SUBJECTS);

/** Why a subject cannot be tried on this kernel; undefined when it can. */
export function lacking(subject: string): string | undefined {
  const need = NEEDS[subject];
  return need === undefined || has(need) ? undefined : need;
}

class Unexplained extends Error {}

export async function campaign(order: Order): Promise<Report> {
  const { subject, seed, runs, path, asFound = false, until = Number.POSITIVE_INFINITY } = order;
  const numbers = new Set<Known>();
  let [cases, steps] = [0, 0];
  const property = fc.asyncProperty(casesOf(subject), async (played) => {
    if (performance.now() > until) return;
    const { theirs, ours, judgement } = await play(played);
    cases++;
    steps += judgement.compared;
    for (const known of judgement.numbers) numbers.add(known);
    if (judgement.unexplained.length === 0) return;
    const at = judgement.compared - 1;
    const said = [theirs[at], ours[at]].map((each) => (each === undefined ? "" : wordsOf(each)));
    throw new Unexplained(
      [
        `Go:   ${said[0]}`,
        `ours: ${said[1]}`,
        ...judgement.unexplained.map((line) => `  ${line}`),
      ].join("\n"),
    );
  });
  const only = path === undefined ? {} : { path };
  const endOnFailure = asFound || path !== undefined;
  const details = await fc.check(property, { seed, numRuns: runs, endOnFailure, ...only });
  const found = details.failed
    ? {
        finding: findingOf(
          order,
          details.counterexample?.[0],
          details.counterexamplePath,
          details.errorInstance,
        ),
      }
    : {};
  return { subject, cases, steps, numbers, ...found };
}

function findingOf(
  { subject, seed }: Order,
  played: Case | undefined,
  path: string | null,
  error: unknown,
): string {
  // A fault of the comparison itself is no finding.
  if (!(error instanceof Unexplained) || played === undefined) throw error;
  const again = `npm run differential -- --plugin '${subject}' --seed ${seed} --path ${path ?? ""}`;
  return [describeCase(played), error.message, `again: ${again}`].join("\n");
}
