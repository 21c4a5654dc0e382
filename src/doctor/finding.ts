/** What an examination finds, and the stages that it goes through. */
import type { FindingName, Severity } from "./catalogue.ts";

/** One thing that is not as it should be. */
export interface Finding {
  readonly name: FindingName;
  readonly severity: Severity;
  /** One sentence, with the names and numbers of this node. */
  readonly message: string;
  /** A command that mends it, or looks closer where only people can decide; to be copied. */
  readonly remedy: string;
}

/** How a stage came out; one that was not reached lacks what a stage before it should have found. */
export type StageState = "passed" | "warned" | "failed" | "not-reached";

/** One stage of an examination. */
export interface Stage {
  /** Stable, for programs. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly state: StageState;
  /** What was looked at, in the order in which it was. */
  readonly looked: readonly string[];
  readonly findings: readonly Finding[];
  /** In a few words: what is as it should be, or why the stage was not reached. */
  readonly note?: string;
}
