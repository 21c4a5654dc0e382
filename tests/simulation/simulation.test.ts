import { describe, expect, test } from "bun:test";
import { createMember } from "../../src/fleet/index.ts";
import { calmWorld, pass } from "./calm.ts";
import { MUTANTS } from "./mutants.ts";
import { runSeed } from "./run.ts";
import type { Fixed } from "./scenario.ts";

/** `npm run simulate` plays as many as one likes. */
const SEEDS = 40;
const GROUP = 10;
const patience = 300_000;

describe("a fleet keeps what it promises", () => {
  const groups = Array.from({ length: SEEDS / GROUP }, (_, at) => at * GROUP + 1);
  test.each(groups)(
    "seeds from %d on",
    (first) => {
      for (let seed = first; seed < first + GROUP; seed++) {
        const { breaches } = runSeed({ seed, makeMember: createMember });
        expect({ seed, breaches }).toEqual({ seed, breaches: [] });
      }
    },
    patience,
  );

  test("a seed plays the same again", () => {
    const lines = [0, 1].map(() => {
      const trace: string[] = [];
      runSeed({ seed: 7, makeMember: createMember, trace: (line) => trace.push(line) });
      return trace;
    });
    expect(lines[0]?.length).toBeGreaterThan(50);
    expect(lines[1]).toEqual(lines[0] ?? []);
  });
});

/** Nodes that are cut off, sleep and are paused, while the others need what they had. */
const SCARCE: Fixed = {
  faults: ["cut", "suspend", "pause", "pause-add", "lease", "delay", "loss"],
  quarantineMs: 4000,
  fill: 1.5,
};

describe("a fault of the protocol is found", () => {
  test.each(Object.entries(MUTANTS))(
    "%s",
    (_, mutant) => {
      for (let seed = 1; seed <= 60; seed++) {
        const { breaches } = runSeed({ seed, makeMember: createMember, mutant, fixed: SCARCE });
        if (breaches.length > 0) return;
      }
      throw new Error("no seed finds it");
    },
    patience,
  );
});

/** An ADD stops after it has reserved, until another node has all that its own had. */
function pausedAdd(isBlind: boolean): readonly string[] {
  const { world, hosts } = calmWorld({
    nodes: 2,
    subnet: "10.42.0.0/29",
    quarantineMs: 5000,
    mutant: { add: { isBlind } },
  });
  const [first, second] = hosts;
  if (first === undefined || second === undefined) throw new Error("no machine");
  pass(world, 5000);
  let isPaused = false;
  world.fate = (process, step) => {
    if (isPaused || step !== "looks again") return;
    isPaused = true;
    world.network.cut.add("n1");
    process.pause();
    world.timeline.after(60_000, () => process.resume());
  };
  world.add(first);
  pass(world, 20_000);
  expect(isPaused).toBe(true);
  for (let at = 0; at < 4; at++) world.add(second);
  pass(world, 60_000);
  return world.judge.breaches;
}

describe("an ADD that is paused after it has reserved", () => {
  test("looks again, and gives nothing that is another node's by then", () => {
    expect(pausedAdd(false)).toEqual([]);
  });

  test("is found when it does not", () => {
    expect(pausedAdd(true)).not.toEqual([]);
  });
});
