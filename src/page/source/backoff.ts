const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** How often something was tried in vain, and how long to wait before it is tried again. */
export interface Backoff {
  readonly failures: number;
  readonly waitMs: number;
}

export const NO_FAILURES: Backoff = { failures: 0, waitMs: 0 };

/** Twice as long after each failure, up to ten seconds: what comes back is seen soon, and not hurried. */
export function afterFailure({ failures }: Backoff): Backoff {
  return { failures: failures + 1, waitMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** failures) };
}
