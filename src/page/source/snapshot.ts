import { SourceFailure } from "./failure.ts";
import { RESOURCES } from "./resources.ts";
import type { Source } from "./source.ts";

/** The identity of the element of a report that has its data. */
export const REPORT_ELEMENT = "hawser-report";

/** What a report says of itself. */
export interface ReportWords {
  /** ISO 8601. */
  readonly made?: string;
  readonly maskedAddresses?: boolean;
  /** How many of each kind it would have been too large with. */
  readonly leftOut?: Readonly<Record<string, number>>;
}

/** The data that a report holds: answers of the API, by their paths below `/api/1/`. */
export class SnapshotSource implements Source {
  readonly kind = "report";
  readonly words: ReportWords;
  readonly #answers: ReadonlyMap<string, unknown>;

  constructor(answers: Readonly<Record<string, unknown>>, words: ReportWords = {}) {
    this.words = words;
    this.#answers = new Map(Object.entries(answers));
  }

  read(path: string): Promise<unknown> {
    const answer = this.#answers.get(path) ?? this.#call(path);
    if (answer !== undefined) return Promise.resolve(answer);
    return Promise.reject(new SourceFailure("left out", `this report has no ${path}`));
  }

  /** The list of calls has each of them whole. */
  #call(path: string): unknown {
    const id = /^calls\/(.+)$/u.exec(path)?.[1];
    const calls = this.#answers.get(RESOURCES.calls.path);
    if (id === undefined || calls === undefined) return undefined;
    return RESOURCES.calls
      .decode(calls)
      .groups.find((group) => encodeURIComponent(group.id) === id);
  }

  follow(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * The source of a report, from the text of its element.
 * @throws SourceFailure when it is none
 */
export function snapshotOf(text: string): SnapshotSource {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SourceFailure("unreadable", "the data of this report are no JSON");
  }
  const answers =
    typeof value === "object" && value !== null && "answers" in value && value.answers;
  if (typeof answers !== "object" || answers === null) {
    throw new SourceFailure("unreadable", "the data of this report have no answers");
  }
  return new SnapshotSource(answers as Record<string, unknown>, value as ReportWords);
}
