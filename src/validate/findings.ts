import { defined } from "../base/index.ts";
import type { Diagnostic, Edit, Related, Span } from "./diagnostic.ts";
import { type Level, type RuleName, ruleOf } from "./rules.ts";
import type { Source } from "./text/source.ts";

/** The most findings of one file; what a hostile file has beyond is counted. */
const MOST = 200;

/** What a finding says beside its place. */
export interface Words {
  readonly message: string;
  readonly help?: string | undefined;
  readonly fix?: readonly Edit[] | undefined;
  readonly level?: Level | undefined;
  readonly related?: readonly Related[] | undefined;
}

interface Finding extends Words {
  readonly rule: RuleName;
  readonly level: Level;
  readonly span: Span | undefined;
}

/** Rules that say in general what others say more exactly. */
const GENERAL: ReadonlySet<RuleName> = new Set(["impossible-value", "wrong-type", "missing-key"]);

/** The findings of one file. Places are made when all secrets of the file are known. */
export class Findings {
  readonly source: Source;
  readonly #all: Finding[] = [];
  #left = 0;

  constructor(source: Source) {
    this.source = source;
  }

  /** A place has at most one error that is general, and none beside one that is exact. */
  add(rule: RuleName, span: Span | undefined, words: Words): void {
    const level = words.level ?? ruleOf(rule).level;
    if (GENERAL.has(rule) && span !== undefined && this.hasError(span)) return;
    if (this.#all.length >= MOST) this.#left++;
    else this.#all.push({ ...words, rule, level, span });
  }

  /** Whether an error is known of exactly this place. */
  hasError(span: Span): boolean {
    return this.#all.some(
      ({ level, span: own }) =>
        level === "error" && own?.offset === span.offset && own.length === span.length,
    );
  }

  /** Whether no more are kept; then the search for words is spared. */
  get isFull(): boolean {
    return this.#all.length >= MOST && this.#left > 0;
  }

  /** Takes a finding back, where more has become known since. */
  withdraw(rule: RuleName, { offset }: Span): void {
    const at = this.#all.findIndex((each) => each.rule === rule && each.span?.offset === offset);
    if (at !== -1) this.#all.splice(at, 1);
  }

  /** In the order of the file; of the file as a whole first. */
  list(): Diagnostic[] {
    const sorted = [...this.#all].sort(
      (one, other) => (one.span?.offset ?? -1) - (other.span?.offset ?? -1),
    );
    const list = sorted.map((finding) => this.#diagnostic(finding));
    const last = list.at(-1);
    if (this.#left === 0 || last === undefined) return list;
    const more = `${last.message} (and ${this.#left} further findings of this file)`;
    return [...list.slice(0, -1), { ...last, message: more }];
  }

  #diagnostic({ rule, level, span, message, help, fix, related }: Finding): Diagnostic {
    const place = span === undefined ? undefined : this.source.placeOf(span);
    return {
      ...{ rule, level, file: this.source.file },
      ...defined({ place }),
      message,
      ...defined({ help, related, fix }),
    };
  }
}
