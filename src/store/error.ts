/** Why an engine did not do what it was asked. */
export type StoreFault =
  /** No endpoint answers in time. */
  | "unreachable"
  /** User, password, certificate or permission are refused. */
  | "denied"
  /** A certificate is not valid: expired, of another name, or not signed by the given authority. */
  | "certificate"
  /** No space is left (etcd's alarm NOSPACE): nothing can be changed until there is. */
  | "full"
  /** The revision of a watch is forgotten. */
  | "compacted"
  /** The answer contradicts what the engine has answered before, or makes no sense. */
  | "wrong answer"
  /** The request is one that this engine does not serve. */
  | "refused"
  /** The signal of the caller. */
  | "aborted";

/** An error of an engine, with what a person can do about it. */
export class StoreError extends Error {
  override name = "StoreError";
  readonly fault: StoreFault;
  /** The request may have been carried out all the same: its answer is what was lost. */
  readonly isUncertain: boolean;

  constructor(
    fault: StoreFault,
    message: string,
    {
      isUncertain = false,
      cause,
    }: { readonly isUncertain?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.fault = fault;
    this.isUncertain = isUncertain;
  }
}
