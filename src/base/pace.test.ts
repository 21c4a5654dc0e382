import { expect, test } from "bun:test";
import { Pace } from "./pace.ts";

function paced(options: { readonly leastMs?: number; readonly creditMs?: number } = {}): {
  readonly pace: Pace;
  readonly pass: (ms: number) => void;
} {
  let now = 1000;
  const pace = new Pace({ factor: 2, clock: () => now, ...options });
  return {
    pace,
    pass: (ms) => {
      now += ms;
    },
  };
}

test("work is followed by a rest in proportion to what it took", () => {
  const { pace, pass } = paced();
  expect(pace.waitMs).toBe(0);
  pace.rest(50);
  expect(pace.waitMs).toBe(100);
  pass(60);
  expect(pace.waitMs).toBe(40);
  pass(60);
  expect(pace.waitMs).toBe(0);
});

test("what took next to nothing is followed by the least rest", () => {
  const { pace } = paced({ leastMs: 30 });
  pace.rest(1);
  expect(pace.waitMs).toBe(30);
});

test("the first rests are not waited for, those of work without end are", () => {
  const { pace, pass } = paced({ creditMs: 250 });
  for (const waitMs of [0, 0, 0, 0, 50, 100]) {
    pace.rest(50);
    expect(pace.waitMs).toBe(waitMs);
    pass(50);
  }
  pass(1000);
  pace.rest(50);
  expect(pace.waitMs).toBe(0);
});
