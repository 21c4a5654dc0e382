import { describe, expect, test } from "bun:test";
import { Rig, type RigNode } from "../../tests/support/fleet-rig.ts";
import type { Change, Condition } from "../store/index.ts";

/** A transaction that has not reached the store yet. */
interface Late {
  readonly conditions: readonly Condition[];
  readonly changes: readonly Change[];
}

/** Keeps the next claim of a block that passes the test on its way: its node hears of no answer. */
function delayed(node: RigNode, test: (late: Late) => boolean): () => Late | undefined {
  let late: Late | undefined;
  node.fault = (changes, conditions) => {
    const isClaim = changes.some((at) => "put" in at && at.put.includes("/block/"));
    if (late !== undefined || !isClaim || !test({ conditions, changes })) return undefined;
    late = { conditions, changes };
    return "cut";
  };
  return () => late;
}

/** The keys whose conditions alone keep the transaction from being carried out now. */
function failing(rig: Rig, late: Late | undefined): string[] {
  if (late === undefined) throw new Error("nothing is on its way");
  const failed = late.conditions.filter((condition) => {
    const entry = rig.engine.entries.get(condition.key);
    if ("revision" in condition) return entry?.revision !== condition.revision;
    return (entry !== undefined) !== (condition.is === "present");
  });
  // The engine is of the same mind.
  expect(rig.engine.transact(late.conditions, late.changes).done).toBe(failed.length === 0);
  return failed.map(({ key }) => key.replace("/hawser/1/pods/", "")).sort();
}

describe("a transaction that is carried out late", () => {
  test("is none of the next process of the same session: the key of its lease is another one", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const claim = delayed(a, () => true);
    for (let adds = 0; adds < 12; adds++) a.add();
    rig.until("a claims a block", () => claim() !== undefined);
    a.kill();
    a.start();
    rig.until("a has more", () => a.held().length > 1);
    expect(failing(rig, claim())).toEqual(["alive/a"]);
  });

  test("is none of a node whose record is not as it was", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const claim = delayed(a, () => true);
    for (let adds = 0; adds < 12; adds++) a.add();
    rig.until("a claims a block", () => claim() !== undefined);
    a.kill();
    rig.put("node/a", { ...rig.record("node/a"), epoch: 2, session: "another" });
    expect(failing(rig, claim())).toEqual(["node/a"]);
  });
});

/** A node that claims a block of a dead one: the transaction is on its way. */
function takingFromTheDead(): { rig: Rig; a: RigNode; claim: Late | undefined } {
  const rig = new Rig();
  const config = { blockSizes: [25] };
  const a = rig.start("a", { config });
  rig.until("a serves", () => a.held().length === 1);
  for (let adds = 0; adds < 100; adds++) a.add();
  rig.until("a has all", () => a.held().length === 2, 5000);
  while (a.add() !== undefined) rig.wait(1);
  a.kill();
  const b = rig.start("b", { config });
  const claim = delayed(b, ({ conditions }) =>
    conditions.some(({ key }) => key.includes("/quarantine/")),
  );
  rig.until("b claims a block", () => claim() !== undefined, 400_000);
  // The process of b waits for the answer: its session stays as it is.
  b.isCutOff = true;
  rig.wait(0);
  return { rig, a, claim: claim() };
}

describe("a block of a dead node that is claimed late", () => {
  const ofA = (keys: readonly string[]): string[] =>
    keys.filter((key) => /a(?:\/\d+)?$/u.test(key));

  test("is not taken from one that lives again", () => {
    const { rig, a, claim } = takingFromTheDead();
    a.start();
    rig.until("a lives", () => rig.record("alive/a") !== undefined);
    expect(ofA(failing(rig, claim))).toEqual(["alive/a", "quarantine/a/1"]);
    rig.until("a serves what it had", () => a.held().length === 2);
  });

  test("is not taken from one that lived again and is dead since: its quarantine begins anew", () => {
    const { rig, a, claim } = takingFromTheDead();
    a.start();
    rig.until("a lives", () => rig.record("alive/a") !== undefined);
    a.kill();
    rig.until("its lease has ended", () => rig.record("alive/a") === undefined, 30_000);
    expect(ofA(failing(rig, claim))).toEqual(["quarantine/a/1"]);
  });

  test("is not taken by a count alone: the lease has to be gone as well", () => {
    const { rig, claim } = takingFromTheDead();
    rig.put("alive/a", { epoch: 1, session: "s", member: "m" });
    expect(ofA(failing(rig, claim))).toEqual(["alive/a"]);
  });

  test("is not taken when the node's record is another one: what was read of its epoch is old", () => {
    const { rig, claim } = takingFromTheDead();
    rig.put("node/a", { ...rig.record("node/a"), epoch: 2 });
    expect(ofA(failing(rig, claim))).toEqual(["node/a"]);
  });
});
