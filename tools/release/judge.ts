import type { Verdict } from "./compare.ts";
import { ReleaseFailure } from "./must.ts";
import { type NotMade, notMadeText } from "./tell.ts";

/** What keeps a release from being signed. */

/** @throws ReleaseFailure when a part could not be made */
export function refuseMissing(missing: readonly NotMade[]): void {
  if (missing.length === 0) return;
  const list = notMadeText(missing).trimEnd();
  throw new ReleaseFailure(`a release has all of its parts, and some could not be made\n${list}`);
}

/** The files of which a second build made other bytes, each with what differs. */
export function unlike(verdicts: ReadonlyMap<string, Verdict>): string[] {
  return [...verdicts]
    .filter(([, verdict]) => verdict !== "yes")
    .map(([name, verdict]) => `${name}: ${verdict}`);
}

/** @throws ReleaseFailure when a second build made other bytes */
export function refuseUnlike(verdicts: ReadonlyMap<string, Verdict>): void {
  const files = unlike(verdicts);
  if (files.length === 0) return;
  const list = files.join("\n");
  throw new ReleaseFailure(`nothing is signed, since two builds were not the same:\n${list}`);
}
