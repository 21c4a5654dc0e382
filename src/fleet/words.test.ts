import { expect, test } from "bun:test";
import { Chance } from "../../tests/simulation/chance.ts";
import { DirectStore } from "../../tests/simulation/direct-store.ts";
import { Engine } from "../../tests/simulation/engine.ts";
import { Timeline } from "../../tests/simulation/timeline.ts";
import { CONFIG } from "../../tests/support/fleet-rig.ts";
import { Core, Refused, SessionOver } from "./core.ts";
import type { Picture } from "./picture.ts";
import { Rounds } from "./rounds.ts";

/** A machine that can be copied while it runs: its memory and its disk. */
class Machine {
  picture: Picture | undefined;
  readonly core: Core;
  readonly rounds: Rounds;

  readonly timeline: Timeline;
  readonly engine: Engine;

  constructor(timeline: Timeline, engine: Engine) {
    this.timeline = timeline;
    this.engine = engine;
    const chance = new Chance("one seed");
    this.core = new Core({
      config: CONFIG,
      node: "a",
      facts: { version: "1", machine: "one firmware" },
      store: new DirectStore(engine),
      files: {
        read: async () => this.picture,
        update: async (work) => {
          const none = { addresses: () => [], has: () => false };
          const { picture, result } = work(this.picture, none);
          if (picture !== undefined) this.picture = structuredClone(picture);
          return result;
        },
      },
      clock: { now: () => timeline.now(), boot: "one boot", sleep: async () => undefined },
      chance: () => chance.next(),
      report: () => undefined,
    });
    this.rounds = new Rounds(this.core, () => undefined);
  }

  copy(): Machine {
    const copy = new Machine(this.timeline, this.engine);
    copy.picture = structuredClone(this.picture);
    const { session, hasEntered, words, confirmedAlive, blocks } = this.core;
    Object.assign(copy.core, { session, hasEntered, words, confirmedAlive });
    for (const [key, block] of blocks) copy.core.blocks.set(key, block);
    return copy;
  }

  /** Rounds as the member makes them; what refuses the node, undefined while nothing does. */
  async live(): Promise<string | undefined> {
    for (;;) {
      try {
        await this.rounds.round();
        return undefined;
      } catch (error) {
        if (error instanceof Refused) return error.message;
        if (!(error instanceof SessionOver)) throw error;
      }
    }
  }
}

/** Seconds until one of two that run at once is refused; the reasons of both. */
async function untilRefused(
  timeline: Timeline,
  both: readonly Machine[],
): Promise<{ readonly seconds: number; readonly refused: readonly (string | undefined)[] }> {
  for (let seconds = 0; seconds < 600; seconds++) {
    timeline.runUntil(timeline.now() + 1000);
    const refused: (string | undefined)[] = [];
    for (const machine of both) refused.push(await machine.live());
    if (refused.some((each) => each !== undefined)) return { seconds, refused };
  }
  throw new Error("two machines with one session were never found");
}

test("a copy of a machine that runs is found by a word that is not the last: one of them stops", async () => {
  const timeline = new Timeline();
  const one = new Machine(timeline, new Engine(timeline));
  expect(await one.live()).toBeUndefined();
  for (let seconds = 0; seconds < 300; seconds++) {
    timeline.runUntil(timeline.now() + 1000);
    expect(await one.live()).toBeUndefined();
  }
  const other = one.copy();
  const { seconds, refused } = await untilRefused(timeline, [one, other]);
  expect(seconds).toBeLessThan(70);
  expect(refused.filter((each) => each === undefined)).toHaveLength(1);
  const loser = refused[0] === undefined ? other : one;
  const winner = loser === one ? other : one;
  expect(refused.join("")).toMatch(/is run by another process or machine/u);
  // It stays so while the other one lives, and is no copy that wakes up with the old session after.
  for (let seconds = 0; seconds < 60; seconds++) {
    timeline.runUntil(timeline.now() + 1000);
    expect(await winner.live()).toBeUndefined();
    expect(await loser.live()).toMatch(/is run by another process or machine/u);
  }
  timeline.runUntil(timeline.now() + 60_000);
  expect(await loser.live()).toBeUndefined();
  expect(loser.picture?.epoch).toBe(2);
  const states = loser.picture?.subnets.flatMap(({ holdings }) => holdings.map((one) => one.state));
  expect(states).toContain("resting");
});

test("a word whose answer was lost is the process's own", async () => {
  const timeline = new Timeline();
  const engine = new Engine(timeline);
  const one = new Machine(timeline, engine);
  await one.live();
  // The word is in the store, and the process does not know whether it is.
  one.core.words++;
  const key = one.core.keys.alive("a");
  const value = JSON.parse(engine.entries.get(key)?.value ?? "") as { word: number };
  engine.transact([], [{ put: key, value: JSON.stringify({ ...value, word: one.core.words }) }]);
  one.core.session = undefined;
  expect(await one.live()).toBeUndefined();
  expect(one.picture?.epoch).toBe(1);
});
