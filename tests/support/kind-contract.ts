import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Removable } from "../../src/state/index.ts";
import { type KindContract, KindLab, NETNS, without } from "./kind-lab.ts";
import { rejection } from "./rejection.ts";

export type { KindContract, Sabotage } from "./kind-lab.ts";

/** Declares the tests that every kind has to pass, on a kernel in memory. */
export function kindContract(contract: KindContract): void {
  const name = contract.kinds.map((kind) => kind.name).join(", ");

  describe(`the contract of ${name}`, () => {
    let lab: KindLab;
    beforeEach(() => {
      lab = new KindLab(contract);
    });
    afterEach(() => {
      lab[Symbol.dispose]();
    });

    test("describe touches nothing", () => {
      const before = lab.look();
      const { count } = lab.kernel.faults;
      lab.within(1, "ADD", (scene) => {
        for (const piece of contract.want(scene, 1)) piece.describe();
      });
      if (contract.describeLooks !== true) expect(lab.kernel.faults.count).toBe(count);
      expect(lab.look()).toEqual(before);
    });

    test("apply makes it, and CHECK is content", async () => {
      const before = lab.look();
      await lab.add(1);
      expect(Bun.deepEquals(lab.look(), before)).toBe(false);
      await lab.check(1);
    });

    for (const fault of ["refused", "lost"] as const) {
      for (const beside of [false, true]) {
        const where = beside ? "beside another attachment" : "as the first attachment";
        test(`whichever request is ${fault}, nothing stays, ${where}`, async () => {
          if (beside) await lab.add(2);
          expect(await lab.failEverywhere(fault, beside)).toBeGreaterThan(0);
        });
      }
    }

    for (const [what, { does, says, staysLost }] of Object.entries(contract.sabotages ?? {})) {
      test(`CHECK tells of ${what}`, async () => {
        await lab.add(1);
        lab.within(1, "ADD", ({ namespaces, owner }) => does(namespaces, owner));
        expect((await rejection(lab.check(1))).message).toContain(says);
      });

      const end = staysLost === undefined ? "puts back" : "names, and leaves,";
      test(`a repair ${end} ${what}`, async () => {
        await lab.add(2);
        await lab.add(1);
        lab.within(1, "ADD", ({ namespaces, owner }) => does(namespaces, owner));
        const sabotaged = lab.look();
        await lab.repair(1, true);
        expect(lab.look()).toEqual(sabotaged);
        const left = (await lab.repair(1)).filter(({ state }) => state === "left");
        if (staysLost === undefined) {
          expect(left).toEqual([]);
          await lab.check(1);
        } else {
          expect(left[0]?.reason).toContain(staysLost);
          expect(String(await rejection(lab.check(1)))).toContain(says);
        }
        // What both have lost is the other's as well, and stays its own when the first one goes.
        if (staysLost === undefined) await lab.repair(2);
        await lab.del(1);
        if (staysLost === undefined) await lab.check(2);
      });
    }

    testRemoval(() => lab);
    testPlans(() => lab, contract.kinds);
  });
}

/** Declares the tests of plans, which only look. */
function testPlans(made: () => KindLab, kinds: readonly Removable[]): void {
  let lab: KindLab;
  beforeEach(() => {
    lab = made();
  });

  test("the plan of an ADD touches nothing, beside another attachment either", async () => {
    for (const beside of [false, true]) {
      if (beside) await lab.add(2);
      const before = lab.look();
      expect((await lab.compare(1)).filter((each) => each !== undefined)).toEqual([]);
      expect(lab.look()).toEqual(before);
    }
  });

  test("the plan of a DEL finds what that removes, and nothing afterwards", async () => {
    await lab.add(2);
    await lab.add(1);
    const before = lab.look();
    const ofOther = await lab.found(2);
    const found = await lab.found(1);
    expect(lab.look()).toEqual(before);
    await lab.del(1);
    const isTold = kinds.some((kind) => kind.found !== undefined);
    if (isTold) expect(found.length > 0).toBe(!Bun.deepEquals(lab.look(), before));
    expect(await lab.found(1)).toEqual([]);
    const left = await lab.found(2);
    expect(ofOther.filter((one) => !left.includes(one))).toEqual([]);
  });

  test("the plan of a GC finds what that removes, and nothing afterwards", async () => {
    await lab.add(2);
    await lab.add(1);
    expect(await lab.stale([1, 2])).toEqual([]);
    const before = lab.look();
    const stale = await lab.stale([2]);
    expect(lab.look()).toEqual(before);
    await lab.collect([2]);
    const isTold = kinds.some((kind) => kind.stale !== undefined);
    if (isTold) expect(stale.length > 0).toBe(!Bun.deepEquals(lab.look(), before));
    expect(await lab.stale([2])).toEqual([]);
  });
}

/** Declares the tests of DEL and GC. */
function testRemoval(made: () => KindLab): void {
  let lab: KindLab;
  beforeEach(() => {
    lab = made();
  });
  test("DEL removes what is its own, and again nothing", async () => {
    await lab.add(2);
    const before = lab.look();
    await lab.add(1);
    await lab.del(1);
    expect(lab.look()).toEqual(before);
    const after = lab.look();
    await lab.del(1);
    expect(lab.look()).toEqual(after);
    await lab.check(2);
  });

  for (const fault of ["refused", "lost"] as const) {
    test(`whichever request of DEL is ${fault}, the next DEL completes it`, async () => {
      await lab.add(2);
      expect(await lab.failDel(fault)).toBeGreaterThan(0);
      await lab.check(2);
    });
  }

  test("DEL after the container's end removes what is on the host", async () => {
    await lab.add(2);
    const before = lab.look();
    await lab.add(1);
    lab.kernel.remove(NETNS[1]);
    await lab.del(1);
    expect(lab.look()).toEqual(without(before, NETNS[1]));
    await lab.check(2);
  });

  test("GC removes what is stale, and keeps what is valid", async () => {
    await lab.add(2);
    const before = lab.look();
    await lab.add(1);
    const both = lab.look();
    await lab.collect([1, 2]);
    expect(lab.look()).toEqual(both);
    await lab.collect([2]);
    const [left, wanted] = [lab.look(), before].map((each) => without(each, NETNS[1]));
    expect(left).toEqual(wanted as never);
    await lab.check(2);
  });
}
