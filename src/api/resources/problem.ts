import type { NodeView } from "../../view/attachments/index.ts";
import type { Problem } from "../../view/sources/index.ts";

/** A source that was not read, whole or in part. */
export function problemText({ source, text }: Problem): string {
  return `${source} is left out: ${text}`;
}

export function problemsOf({ problems }: NodeView): string[] {
  return problems.map(problemText);
}
