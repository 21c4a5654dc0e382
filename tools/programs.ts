import { packageOf } from "./setup/packages.ts";
import type { Source } from "./sources.ts";

/**
 * A test that starts a program which a machine may lack asks for it, so that it is skipped by its name
 * there: by `run` and `must` of tests/support/exec.ts, by `startable`, or by `needs`.
 */

/** A call that starts a program which is named there, with nothing that asks for it in between. */
const START =
  /\b(?:Bun\.spawn(?:Sync)?|spawn(?:Sync)?|exec(?:File)?(?:Sync)?)\(\s*\[?\s*"([\w./-]+)"/g;

export function programProblems({ path, text }: Source): string[] {
  // An example stands alone, as the file of a plugin's author would.
  if (path.startsWith("examples/")) return [];
  return [...text.matchAll(START)].flatMap(({ 1: program = "", index }) => {
    if (packageOf(program) === undefined) return [];
    const line = text.slice(0, index).split("\n").length;
    return [`${path}:${line}: ${program} may be missing: start it by \`startable([...])\``];
  });
}
