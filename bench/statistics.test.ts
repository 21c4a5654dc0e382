import { expect, test } from "bun:test";
import { quantile, summarise } from "./statistics.ts";

test("the median of an even number of values lies between the middle two", () => {
  const { p99, ...others } = summarise([4, 1, 3, 2]);
  expect(others).toEqual({ count: 4, min: 1, median: 2.5, p90: 3.7, max: 4 });
  expect(p99).toBeCloseTo(3.97);
});

test("one value is all of its quantiles", () => {
  expect(summarise([7])).toEqual({ count: 1, min: 7, median: 7, p90: 7, p99: 7, max: 7 });
});

test("no values have no quantile", () => {
  expect(() => quantile([], 0.5)).toThrow(RangeError);
});
