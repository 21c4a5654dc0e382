import { expect, test } from "bun:test";
import { nextDue, resendDelays } from "./index.ts";

test("four quick retries, then longer ones up to the longest, each a second more or less", () => {
  const take = (random: number): number[] => {
    const delays = resendDelays(62_000, () => random);
    return Array.from({ length: 10 }, () => delays.next().value);
  };
  expect(take(0.5)).toEqual([
    ...[2000, 2000, 2000, 2000],
    ...[4000, 8000, 16_000, 32_000, 62_000, 62_000],
  ]);
  expect(take(0).slice(0, 5)).toEqual([1000, 1000, 1000, 1000, 3000]);
  expect(take(1).slice(0, 5)).toEqual([3000, 3000, 3000, 3000, 5000]);
});

test("a lease is renewed at T1, tried again at half of what is left, rebound at T2, then over", () => {
  const hour = { renewMs: 1_800_000, rebindMs: 3_150_000, expiryMs: 3_600_000 };
  expect(nextDue(hour, 1000)).toEqual({ what: "renew", at: 1_801_000 });
  expect(nextDue(hour, 0, 1_800_000)).toEqual({ what: "renew", at: 2_475_000 });
  expect(nextDue(hour, 0, 3_100_000)).toEqual({ what: "rebind", at: 3_150_000 });
  expect(nextDue(hour, 0, 3_150_000)).toEqual({ what: "rebind", at: 3_375_000 });
  expect(nextDue(hour, 0, 3_590_000)).toEqual({ what: "expire", at: 3_600_000 });
});

test("a lease without an end is never due", () => {
  const never = { renewMs: Infinity, rebindMs: Infinity, expiryMs: Infinity };
  expect(nextDue(never, 5).at).toBe(Infinity);
});
