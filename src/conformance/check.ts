/**
 * What a check of the suite is, and what comes of it. A check is independent of all others: it has a
 * world of its own, and neither needs nor leaves anything.
 */

/** The number of a rule in docs/rules.md. */
export type RuleId = `R${number}`;

/** MUST counts for the exit code; SHOULD only with `--strict`. */
export type CheckLevel = "MUST" | "SHOULD";

/** The quick profile is a part of the full one. */
export type Profile = "quick" | "full";

export interface Check<Scene, Facts> {
  /** Small letters and dashes, with a version behind `@` where a check runs once for each version. */
  readonly name: string;
  readonly rule: RuleId;
  readonly level: CheckLevel;
  /** What is tried, in a sentence without a subject: "calls DEL three times". */
  readonly tries: string;
  readonly profile: Profile;
  /** Why this check says nothing about this subject. */
  readonly unfit?: (facts: Facts) => string | undefined;
  /**
   * Returns when the rule is kept. Any error of another class is the suite's own.
   * @throws Finding when the rule is broken.
   * @throws NotTried when it could not be tried.
   */
  readonly run: (scene: Scene) => Promise<void>;
}

/** The subject breaks the rule of the check. */
export class Finding extends Error {
  override name = "Finding";
  readonly expected: string;
  readonly came: string;

  constructor({ expected, came }: { readonly expected: string; readonly came: string }) {
    super(`expected ${expected}; came ${came}`);
    this.expected = expected;
    this.came = came;
  }
}

/** The check had to be left: what it needs, the subject or this machine does not offer. */
export class NotTried extends Error {
  override name = "NotTried";
}

/** One call of the subject, or one command of the suite, as the reader of a failure sees it. */
export interface Exchange {
  /** What was started, with its arguments. */
  readonly argv: readonly string[];
  /** Set for a call of the subject: its parameters. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Undefined while it runs, and when it had to be killed. */
  readonly exitCode?: number;
  readonly signal?: string;
  /** Why the suite ended it. */
  readonly ended?: string;
  /** The beginning of what was printed. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Where a check acts; the transcript is what a failure shows. */
export interface SceneOfCheck extends AsyncDisposable {
  readonly transcript: readonly Exchange[];
  /** How the subject has made the scene useless, when no check of it can tell. */
  damage?(): string | undefined;
}

export type Verdict = "passed" | "failed" | "skipped" | "broken";

export interface Outcome {
  readonly check: string;
  readonly rule: RuleId;
  readonly level: CheckLevel;
  readonly tries: string;
  readonly verdict: Verdict;
  /** Why it was skipped, or how the suite itself failed. */
  readonly reason?: string;
  /** Set when it failed. */
  readonly finding?: { readonly expected: string; readonly came: string };
  /** Set when it failed or broke. */
  readonly transcript?: readonly Exchange[];
  /** The command that runs this check alone. */
  readonly repeat: string;
  readonly ms: number;
}

/** What one run found; `--json` prints it as it is. */
export interface Report {
  /** Version of this format. */
  readonly report: 1;
  readonly suite: { readonly hawser: string; readonly specification: string };
  readonly of: "plugin" | "runtime";
  readonly subject: SubjectSummary;
  readonly profile: Profile;
  readonly seed: number;
  /** False in a user namespace, where some things cannot be made whatever the subject does. */
  readonly isRoot?: boolean;
  /** True when a selection ran, or the run was given up: no claim can be made of it. */
  readonly partial: boolean;
  /** Why the run was given up before all checks had run. */
  readonly gaveUp?: string;
  readonly seconds: number;
  readonly outcomes: readonly Outcome[];
}

export interface SubjectSummary {
  readonly name: string;
  readonly path: string;
  /** "interface", "chained", "ipam", or "runtime". */
  readonly kind: string;
  readonly versions: readonly string[];
  /** How the suite came to know the kind. */
  readonly by: string;
  /** True when it is a guess: nothing that the suite tried has worked. */
  readonly isGuess?: boolean;
}
