import type { NodeView } from "../../view/attachments/index.ts";
import type { OnProblem, Problem } from "../../view/sources/index.ts";

/** A source that was not read, whole or in part. */
export function problemText({ source, text }: Problem): string {
  return `${source} is left out: ${text}`;
}

export function problemsOf({ problems }: Pick<NodeView, "problems">): string[] {
  return problems.map(problemText);
}

/** What of one answer could not be read: of the view that it is made of, and beyond. */
export class ProblemList {
  readonly #texts: string[];

  constructor(view: Pick<NodeView, "problems"> = { problems: [] }) {
    this.#texts = problemsOf(view);
  }

  /** Takes note of one. */
  readonly note: OnProblem = (problem) => {
    this.#texts.push(problemText(problem));
  };

  /** Each once. */
  get texts(): string[] {
    return [...new Set(this.#texts)];
  }
}
