import type { RuleId } from "../check.ts";
import type { Heading, Section, SpecVersion } from "./headings.ts";

/**
 * How binding a rule is. MUST, SHOULD and MAY are the specification's words ("must not" is MUST); a
 * statement of its format without such a word is MUST, because the other side relies on it.
 * CONVENTION is what libcni and its kit do and the specification does not say: clients rely on it.
 */
export type Level = "MUST" | "SHOULD" | "MAY" | "CONVENTION";

/** The side that has to keep the rule; "both" are the plugin and the runtime. */
export type Party = "plugin" | "runtime" | "administrator" | "both";

/** Where a convention comes from: the Go runtime library, kit, result types, or their documentation. */
export type Source = "libcni" | "skel" | "types" | "documentation";

/** One rule as it is written down in the files of this folder. */
export interface RuleEntry {
  readonly id: RuleId;
  readonly level: Level;
  readonly party: Party;
  /** The heading of the specification where it stands, or, of a convention, where it would. */
  readonly at: Heading;
  /** The first version that it holds for; absent when it holds for all. */
  readonly since?: SpecVersion;
  readonly title: string;
  readonly text: string;
  /** Of conventions alone. */
  readonly source?: Source;
  /**
   * Where the specification and practice, or the specification and itself, do not agree: what the
   * suite expects and why. Begins with the numbers of docs/divergences.md, if it has one.
   */
  readonly conflict?: string;
}

export interface Rule extends RuleEntry {
  /** "1" to "5" of SPEC.md, or the version of an older text that alone has the rule. */
  readonly section: Section;
}
