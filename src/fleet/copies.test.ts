import { describe, expect, test } from "bun:test";
import { Rig, type RigNode } from "../../tests/support/fleet-rig.ts";
import { hasWon, wonByAfter } from "./won-by.ts";

/** A fleet in which no time frees what a node believes. */
const NEVER = { quarantineMs: undefined };

/** A node on a machine of its own, which serves. */
function original(rig: Rig, config = {}): RigNode {
  const a = rig.start("a", { config, facts: { machine: "first" } });
  rig.until("a serves", () => a.held().length === 1);
  return a;
}

/** Another machine with a copy of the disk. */
function copyOf(rig: Rig, a: RigNode, boot: string, fault: RigNode["fault"] = () => undefined) {
  const { picture, config } = a;
  const copy = rig.start("a", { config, picture, boot, facts: { machine: "second" } });
  copy.fault = fault;
  return copy;
}

/** Lets time pass, in which two machines never serve the same. */
function apart(rig: Rig, one: RigNode, other: RigNode, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    rig.wait(1000);
    expect(one.held().filter((prefix) => other.held().includes(prefix))).toEqual([]);
  }
}

describe("a copy of a machine that is cut off", () => {
  test("wins again only what it won itself, also when it has won the id before", () => {
    const rig = new Rig();
    const a = original(rig, NEVER);
    a.isCutOff = true;
    const first = copyOf(rig, a, "second 1");
    rig.until("the copy has won", () => first.picture?.epoch === 2);
    first.kill();
    // The disk is copied once more: nothing on it says that the copy has run before.
    const again = copyOf(rig, a, "second 2");
    rig.until("it has won again", () => again.picture?.epoch === 3);
    expect(a.held()).toHaveLength(1);
    apart(rig, a, again, 300);
    expect(again.held()).not.toEqual([]);
    expect(rig.keys("block/").map((key) => rig.record(key)?.parts[0]?.epoch)).toContain(1);
  });

  test("takes nothing at once when the answer to its win was lost", () => {
    const rig = new Rig();
    const a = original(rig, NEVER);
    a.isCutOff = true;
    const copy = copyOf(rig, a, "second 1", (changes) =>
      changes.some((at) => "put" in at && at.put.endsWith("/node/a")) ? "lost answer" : undefined,
    );
    rig.until("the id is won without an answer", () => rig.record("node/a")?.epoch === 2);
    copy.fault = () => undefined;
    rig.until("the copy knows", () => copy.picture?.epoch === 2);
    apart(rig, a, copy, 300);
    expect(copy.held()).not.toEqual([]);
  });

  test("gives the id back: the first machine has at once what it held itself, and no more", () => {
    const rig = new Rig();
    const a = original(rig, NEVER);
    const before = a.held();
    a.isCutOff = true;
    const copy = copyOf(rig, a, "second 1");
    rig.until("the copy serves", () => copy.held().length > 0);
    const copied = copy.held();
    copy.isCutOff = true;
    rig.wait(60_000);
    a.isCutOff = false;
    rig.until("a serves again", () => a.held().length > 0);
    apart(rig, a, copy, 300);
    expect(a.picture?.epoch).toBe(3);
    expect(a.held()).toEqual(before);
    expect(copy.held()).toEqual(copied);
  });
});

describe("a copy, and a store that went back", () => {
  test("the machine that has seen a later epoch does not go on with its own", () => {
    const rig = new Rig();
    const a = original(rig);
    const backup = rig.engine.backup();
    a.isCutOff = true;
    const copy = copyOf(rig, a, "second 1");
    rig.until("the blocks of before are the copy's", () => copy.held().length > 1, 300_000);
    a.isCutOff = false;
    rig.until("a has seen it", () => a.picture?.superseded === 2);
    copy.isCutOff = true;
    expect(copy.held()).not.toEqual([]);
    rig.engine.restore(backup);
    apart(rig, a, copy, 300);
    expect(rig.record("halt")).toBeDefined();
    expect(a.picture?.epoch).toBe(3);
    expect(a.picture?.superseded).toBeUndefined();
  });

  test("frees nothing that the first machine has won since its disk was copied", () => {
    const rig = new Rig();
    const a = original(rig);
    const copy = copyOf(rig, a, "second 1");
    for (let adds = 0; adds < 12; adds++) a.add();
    rig.until("a has more", () => a.held().length > 1);
    const all = a.held();
    a.isCutOff = true;
    rig.until("the copy has won", () => copy.picture?.epoch === 2);
    rig.put("halt", { reason: "a test", by: "b" });
    rig.until("the copy has asserted", () => rig.record("node/a")?.asserted !== undefined);
    const owned = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
    const first = owned.filter(({ epoch }) => epoch === 1).map(({ prefix }) => prefix);
    expect(first).toEqual(all);
  });
});

describe("who won which epoch", () => {
  const record = { epoch: 1, session: "s", gateways: [], version: "1" };

  test("is remembered machine by machine, and not across a gap or for machines without a proof", () => {
    let node = { ...record, wonBy: wonByAfter(undefined, 1, "m") };
    for (const [epoch, machine] of [
      [2, "m"],
      [3, "n"],
      [4, "m"],
      [5, undefined],
      [6, undefined],
    ] as const) {
      node = { ...record, epoch, wonBy: wonByAfter(node, epoch, machine) };
    }
    const of = (machine: string | undefined): number[] =>
      [1, 2, 3, 4, 5, 6].filter((epoch) => hasWon(node, epoch, machine));
    expect([of("m"), of("n"), of(undefined)]).toEqual([[1, 2, 4], [3], []]);
    expect(wonByAfter(node, 6, "m")).toEqual(node.wonBy);
    expect(wonByAfter(node, 9, "m")).toEqual([{ from: 9, machine: "m" }]);
  });

  test("is bounded, and what is before the list is not known", () => {
    let node = { ...record, wonBy: wonByAfter(undefined, 1, "m1") };
    for (let epoch = 2; epoch <= 50; epoch++) {
      node = { ...record, epoch, wonBy: wonByAfter(node, epoch, `m${epoch}`) };
    }
    expect(node.wonBy).toHaveLength(8);
    expect([hasWon(node, 42, "m42"), hasWon(node, 43, "m43")]).toEqual([false, true]);
    expect(hasWon({ ...record, epoch: 7, machine: "m" }, 7, "m")).toBe(true);
    expect(hasWon({ ...record, epoch: 7, machine: "m" }, 6, "m")).toBe(false);
  });
});
