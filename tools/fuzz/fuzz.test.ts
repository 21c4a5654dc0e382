import { expect, test } from "bun:test";
import { fuzz, type Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

/** Each target for a moment with the same inputs, and that a fault would be found; `npm run fuzz` goes on for long. */

const RUNS = 150;

test.each(TARGETS.map((target) => [target.name, target] as const))(
  "%s: what strangers write is read or refused",
  async (_, target) => {
    expect(await fuzz(target, { runs: RUNS, seed: 1 })).toBeUndefined();
  },
);

test("a reader that stumbles over one byte is found, with an input that is small", async () => {
  const stumbling: Target = {
    name: "stumbling",
    seeds: [new TextEncoder().encode("a list of some words")],
    read: (input) => {
      if (input.at(-1) === 0xff) throw new TypeError("the last is 255");
    },
  };
  const problem = await fuzz(stumbling, { runs: 5000, seed: 1 });
  expect(problem).toContain("the last is 255");
});

test("what refuses its input by name has no fault", async () => {
  const refusing: Target = {
    name: "refusing",
    seeds: [Uint8Array.of(1)],
    read: () => {
      throw new RangeError("too short");
    },
    refuses: (thrown) => thrown instanceof RangeError,
  };
  expect(await fuzz(refusing, { runs: 20, seed: 1 })).toBeUndefined();
});
