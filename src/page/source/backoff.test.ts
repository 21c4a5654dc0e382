import { expect, test } from "bun:test";
import { afterFailure, NO_FAILURES } from "./backoff.ts";

test("each failure doubles the wait, up to ten seconds", () => {
  let backoff = NO_FAILURES;
  const waits = Array.from({ length: 9 }, () => {
    backoff = afterFailure(backoff);
    return backoff.waitMs;
  });
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  expect(backoff.failures).toBe(9);
});
