import type { ChangeForm } from "../../forms/index.ts";
import type { Backoff } from "./backoff.ts";

/** What the page reads from: the API, or the data of a report. */
export interface Source {
  readonly kind: "live" | "report";
  /**
   * The answer of a resource, by its path below `/api/1/`.
   * @throws SourceFailure when there is none
   */
  read(path: string, signal?: AbortSignal): Promise<unknown>;
  /**
   * Reports changes until the signal says stop; goes on by itself where the stream breaks.
   * A report has no changes: it returns at once.
   */
  follow(from: string | undefined, follower: Follower, signal: AbortSignal): Promise<void>;
}

/** What is done with a stream of changes. */
export interface Follower {
  /** The stream is there; `isAnew` when changes may have been missed before it. */
  readonly live: (isAnew: boolean) => void;
  readonly change: (change: ChangeForm) => void;
  /** The stream is gone, and will be opened again by itself. */
  readonly lost: (backoff: Backoff) => void;
  /** The token is refused: nothing is tried any more. */
  readonly forbidden: () => void;
}
