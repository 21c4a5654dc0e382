import { expect, test } from "bun:test";
import {
  type Check,
  type Exchange,
  Finding,
  NotTried,
  type Outcome,
  type SceneOfCheck,
} from "../check.ts";
import { shuffled } from "./order.ts";
import { type RunPlan, runChecks } from "./runner.ts";

class Scene implements SceneOfCheck {
  static open = 0;
  readonly transcript: Exchange[] = [];
  constructor() {
    Scene.open++;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
    Scene.open--;
  }
}

type Run = (scene: Scene) => Promise<void>;

function check(
  name: string,
  run: Run,
  more: Partial<Check<Scene, string>> = {},
): Check<Scene, string> {
  const base = {
    name,
    rule: "R1",
    level: "MUST",
    tries: `tries ${name}`,
    profile: "quick",
  } as const;
  return { ...base, run, ...more };
}

function plan(
  checks: readonly Check<Scene, string>[],
  more: Partial<RunPlan<Scene, string>> = {},
): RunPlan<Scene, string> {
  return {
    ...{ checks, facts: "facts", seed: 1, width: 2 },
    scene: async () => await Promise.resolve(new Scene()),
    repeat: ({ name }) => `repeat ${name}`,
    ...more,
  };
}

const pass: Run = async () => await Promise.resolve();
const fail: Run = async () => {
  await Promise.resolve();
  throw new Finding({ expected: "a", came: "b" });
};

test("each way in which a check ends has its verdict, in the order of the list", async () => {
  const { outcomes, gaveUp } = await runChecks(
    plan([
      check("passes", pass),
      check("fails", fail),
      check("breaks", async () => await Promise.reject(new Error("no world"))),
      check("leaves", async () => await Promise.reject(new NotTried("no nft"))),
      check("unfit", fail, { unfit: (facts) => `not for ${facts}` }),
    ]),
  );
  expect(gaveUp).toBeUndefined();
  expect(outcomes.map(({ check: name, verdict, reason }) => [name, verdict, reason])).toEqual([
    ["passes", "passed", undefined],
    ["fails", "failed", undefined],
    ["breaks", "broken", "no world"],
    ["leaves", "skipped", "no nft"],
    ["unfit", "skipped", "not for facts"],
  ]);
  expect(outcomes[1]).toMatchObject({
    finding: { expected: "a", came: "b" },
    repeat: "repeat fails",
    transcript: [],
  });
  expect(Scene.open).toBe(0);
});

test("a seed gives the same order again, another one another", () => {
  const list = Array.from({ length: 50 }, (_, index) => index);
  expect(shuffled(list, 7)).toEqual(shuffled(list, 7));
  expect(shuffled(list, 7)).not.toEqual(shuffled(list, 8));
  expect(shuffled(list, 7).toSorted((a, b) => a - b)).toEqual(list);
});

test("with bail, what has not begun is left after the first failure", async () => {
  const checks = Array.from({ length: 9 }, (_, index) => check(`c${index}`, fail));
  const bail = ({ verdict }: Outcome): boolean => verdict === "failed";
  const { outcomes, gaveUp } = await runChecks(plan(checks, { bail, width: 1 }));
  expect(gaveUp).toContain("--bail");
  expect(outcomes.filter(({ verdict }) => verdict === "failed")).toHaveLength(1);
  expect(outcomes.filter(({ verdict }) => verdict === "skipped")).toHaveLength(8);
});

test("a subject that hangs three times is given up", async () => {
  const hang: Run = async (scene) => {
    scene.transcript.push({
      argv: [],
      stdout: "",
      stderr: "",
      ms: 1,
      ended: "it did not end within 10 s",
    });
    await fail(scene);
  };
  const checks = Array.from({ length: 9 }, (_, index) => check(`c${index}`, hang));
  const { outcomes, gaveUp } = await runChecks(plan(checks, { width: 1 }));
  expect(gaveUp).toContain("hung 3 times");
  expect(outcomes.filter(({ verdict }) => verdict === "failed")).toHaveLength(3);
});

test("an interrupted run says so and runs nothing more", async () => {
  const abort = new AbortController();
  const checks = Array.from({ length: 5 }, (_, index) => {
    return check(`c${index}`, async () => {
      await Promise.resolve();
      abort.abort();
    });
  });
  const { outcomes, gaveUp } = await runChecks(plan(checks, { width: 1, signal: abort.signal }));
  expect(gaveUp).toBe("interrupted");
  expect(outcomes.filter(({ verdict }) => verdict === "passed")).toHaveLength(1);
});

test("a scene that the subject has spoilt is a finding, however the check ended", async () => {
  class Spoilt extends Scene {
    damage(): string {
      return "/run was unmounted";
    }
  }
  const checks = [check("passes", pass), check("breaks", async () => await fails("no world"))];
  const scene = async (): Promise<Scene> => await Promise.resolve(new Spoilt());
  const { outcomes } = await runChecks(plan(checks, { scene }));
  for (const { verdict, finding } of outcomes) {
    expect([verdict, finding?.came]).toEqual(["failed", "/run was unmounted"]);
  }
  expect(outcomes).toHaveLength(2);
});

async function fails(message: string): Promise<void> {
  await Promise.reject(new Error(message));
}

test("what fails because of an interruption is no finding", async () => {
  const abort = new AbortController();
  const cut = check("cut", async (scene) => {
    abort.abort();
    await fail(scene);
  });
  const { outcomes } = await runChecks(plan([cut], { signal: abort.signal }));
  expect(outcomes[0]).toMatchObject({ verdict: "skipped", reason: "interrupted" });
});
