/** Why an answer did not come. */
export type FailureKind =
  /** Nothing answers at the address that this page came from. */
  | "unreachable"
  /** The token is missing, or is not that of the program that answers. */
  | "forbidden"
  /** There is no such thing, or it is gone. */
  | "gone"
  /** The answer is an error in the specification's shape. */
  | "refused"
  /** The answer is none that this page can read. */
  | "unreadable"
  /** The report that is shown does not have it. */
  | "left out";

/** What an error in the specification's shape may say beside its message. */
export interface FailureParts {
  readonly code?: number;
  readonly details?: string;
  readonly todo?: string;
}

export class SourceFailure extends Error {
  readonly kind: FailureKind;
  /** Of an error in the specification's shape. */
  readonly code: number | undefined;
  readonly details: string | undefined;
  /** What mends it. */
  readonly todo: string | undefined;

  constructor(kind: FailureKind, msg: string, more: FailureParts = {}) {
    super(msg);
    this.name = "SourceFailure";
    this.kind = kind;
    this.code = more.code;
    this.details = more.details;
    this.todo = more.todo;
  }
}

/** Whatever was thrown, as a failure. */
export function failureOf(thrown: unknown): SourceFailure {
  if (thrown instanceof SourceFailure) return thrown;
  return new SourceFailure("unreadable", thrown instanceof Error ? thrown.message : String(thrown));
}
