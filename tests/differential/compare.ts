import { diff } from "../support/snapshot.ts";
import type { Case, Moment, Outcome } from "./case.ts";
import { KNOWN, type Known } from "./known/index.ts";
import { answerLines, saidBy, stateLines } from "./lines.ts";

/** Compares two plays of a case, step by step, and says what no number explains. */

export interface Judgement {
  /** Differences without a number, each with its step. */
  readonly unexplained: readonly string[];
  /** The numbers that explained others. */
  readonly numbers: ReadonlySet<Known>;
  /** Steps that were compared. */
  readonly compared: number;
}

/** `- ` is Go's alone, `+ ` is ours alone. */
export function judge(
  played: Case,
  theirs: readonly Outcome[],
  ours: readonly Outcome[],
): Judgement {
  const numbers = new Set<Known>();
  let standing: readonly string[] = [];
  for (const [index, step] of played.steps.entries()) {
    const [go, own] = [theirs[index], ours[index]];
    if (go === undefined || own === undefined) throw new Error(`step ${index + 1} was not played`);
    const moment: Moment = { played, step, theirs: go, ours: own };
    const state =
      go.state === undefined || own.state === undefined
        ? undefined
        : diff({ state: stateLines(go.state) }, { state: stateLines(own.state) });
    // What stands since an earlier step was explained there.
    const fresh = without(state ?? standing, standing);
    const all = [...answerDifferences(moment), ...fresh].map((line) =>
      line.replace(/^([+-]) \w+: /, "$1 "),
    );
    const whole = KNOWN.find(
      (each) => each.covers === "step" && all.some((line) => fits(each, moment, line)),
    );
    if (whole !== undefined) {
      numbers.add(whole);
      return { unexplained: [], numbers, compared: index + 1 };
    }
    const explained = all.map(
      (line) => [line, KNOWN.find((each) => fits(each, moment, line))] as const,
    );
    const unexplained = explained
      .filter(([, known]) => known === undefined)
      .map(([line]) => `${index + 1}. ${line}`);
    for (const [, known] of explained) if (known !== undefined) numbers.add(known);
    const ends = explained.some(([, known]) => known?.covers === "rest");
    if (unexplained.length > 0 || ends) return { unexplained, numbers, compared: index + 1 };
    standing = state ?? standing;
  }
  return { unexplained: [], numbers, compared: played.steps.length };
}

function fits(known: Known, moment: Moment, line: string): boolean {
  return known.line.test(line) && (known.when?.(moment) ?? true);
}

function without(lines: readonly string[], standing: readonly string[]): string[] {
  const left = [...standing];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

function answerDifferences({ theirs, ours }: Moment): string[] {
  const found: string[] = [];
  for (let index = 0; index < Math.max(theirs.answers.length, ours.answers.length); index++) {
    const [go, own] = [theirs.answers[index], ours.answers[index]];
    const isWordy = (go?.exitCode === 0) !== (own?.exitCode === 0);
    const lines = (answer: typeof go): string[] => {
      return answer === undefined ? [] : answerLines(answer, isWordy);
    };
    found.push(...diff({ answers: lines(go) }, { answers: lines(own) }));
  }
  return found;
}

/** What both said at a step that failed, for people. */
export function wordsOf({ answers }: Outcome): string {
  return answers
    .map((answer) => `${answer.type}: ${answer.exitCode === 0 ? "done" : saidBy(answer)}`)
    .join(" | ");
}
