import type { Outcome } from "../check.ts";
import type { KnownEntry, KnownList } from "./list.ts";
import { cameOf, messageOf } from "./message.ts";
import { matches } from "./wildcard.ts";

/** Holds a list of known failures against a run, so that neither can change without the other. */

/** A line of the list that is no longer true. */
export interface Stale {
  readonly line: number;
  readonly check: string;
  readonly why: string;
}

export interface KnownJudgement {
  /** Failures that the list covers, by the names of their checks, with their reasons. */
  readonly reasons: ReadonlyMap<string, string>;
  readonly stale: readonly Stale[];
  /** Lines that cover a failure, and nothing that is none. */
  readonly good: readonly KnownEntry[];
}

/** A wildcard that covers more than this would hide failures which no person has looked at. */
const COVERED_MAX = 20;

export interface KnownAgainst {
  /** The names of all checks of the suite. */
  readonly suite: readonly string[];
  readonly outcomes: readonly Outcome[];
}

export function judgeKnown(list: KnownList, { suite, outcomes }: KnownAgainst): KnownJudgement {
  const reasons = new Map<string, string>();
  const stale: Stale[] = [];
  const good: KnownEntry[] = [];
  for (const entry of list.entries) {
    const named = outcomes.filter(({ check }) => matches(entry.check, check));
    const covered = named.filter((outcome) => isCovered(entry, outcome));
    const why = staleness(entry, { suite, named, covered });
    if (why !== undefined) {
      stale.push({ line: entry.line, check: entry.check, why });
    } else if (covered.length > 0) {
      good.push(entry);
      for (const { check } of covered) if (entry.reason !== "") reasons.set(check, entry.reason);
    }
  }
  return { reasons, stale, good };
}

function isCovered({ message }: KnownEntry, outcome: Outcome): boolean {
  return outcome.verdict === "failed" && isMessage(message, outcome);
}

/** People write what came; the list is written with what was expected in front. */
export function isMessage(pattern: string, outcome: Outcome): boolean {
  return matches(pattern, messageOf(outcome)) || matches(pattern, cameOf(outcome));
}

interface Found {
  readonly suite: readonly string[];
  readonly named: readonly Outcome[];
  readonly covered: readonly Outcome[];
}

function staleness(entry: KnownEntry, { suite, named, covered }: Found): string | undefined {
  if (!suite.some((name) => matches(entry.check, name))) return "the suite has no such check";
  if (named.length === 0) return undefined; // A selection ran, and this was not of it.
  const passed = named.filter(({ verdict }) => verdict === "passed");
  if (passed.length > 0) return `it passes now${several(entry, passed)}`;
  const others = named.filter((one) => one.verdict === "failed" && !covered.includes(one));
  const [other] = others;
  if (other !== undefined) {
    return `it fails otherwise now${several(entry, others)}: ${messageOf(other)}`;
  }
  if (covered.length === 0) {
    const [one] = named;
    const verdict = one?.verdict === "broken" ? "it could not be run" : "it is skipped now";
    return `${verdict}: ${one?.reason ?? ""}`;
  }
  if (covered.length > COVERED_MAX) {
    return `it covers ${covered.length} failures; ${COVERED_MAX} is the most: say which`;
  }
  return undefined;
}

/** Which of those that a wildcard names. */
function several({ check }: KnownEntry, outcomes: readonly Outcome[]): string {
  if (!check.includes("*")) return "";
  const [first, ...more] = outcomes.map((one) => one.check);
  return ` (${first}${more.length > 0 ? ` and ${more.length} more` : ""})`;
}
