import type { Outcome, Profile } from "../check.ts";
import { isMessage, judgeKnown } from "./judge.ts";
import type { KnownEntry, KnownList } from "./list.ts";
import { messageOf } from "./message.ts";
import { matches } from "./wildcard.ts";

/** What a run is noted from. */
export interface KnownRun {
  readonly profile: Profile;
  readonly suite: readonly string[];
  readonly outcomes: readonly Outcome[];
  /** Failures that count. */
  readonly failed: readonly Outcome[];
}

/**
 * The list that this run would need. What of the old one still holds is kept with its reasons; a
 * reason is kept, too, where only the message has changed.
 */
export function knownOf(run: KnownRun, old: KnownList | undefined): KnownList {
  const { profile, suite, outcomes, failed } = run;
  const kept = old === undefined ? [] : judgeKnown(old, { suite, outcomes }).good;
  const isKept = (outcome: Outcome): boolean =>
    kept.some(({ check, message }) => {
      return matches(check, outcome.check) && isMessage(message, outcome);
    });
  const added = failed
    .filter((outcome) => !isKept(outcome))
    .map((outcome): KnownEntry => {
      const before = old?.entries.find(({ check }) => check === outcome.check);
      const { check } = outcome;
      return { line: 0, check, message: messageOf(outcome), reason: before?.reason ?? "" };
    });
  return { profile, entries: [...kept, ...added] };
}
