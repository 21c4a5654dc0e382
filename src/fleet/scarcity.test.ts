import { describe, expect, test } from "bun:test";
import { Rig, type RigNode } from "../../tests/support/fleet-rig.ts";

/** Lets every node add so many containers, waiting where it has to. */
function fillUp(rig: Rig, nodes: readonly RigNode[], each: number, limitMs: number): number {
  const end = rig.timeline.now() + limitMs;
  const left = new Map(nodes.map((node) => [node, each]));
  while (left.size > 0 && rig.timeline.now() < end) {
    for (const [node, count] of left) {
      if (node.add() !== undefined) {
        if (count === 1) left.delete(node);
        else left.set(node, count - 1);
      } else node.member.need([{ subnet: 0 }]);
    }
    rig.wait(20);
  }
  return [...left.values()].reduce((sum, count) => sum + count, 0);
}

/** Every address that is reserved, each with the nodes that have it. */
function doubled(nodes: readonly RigNode[]): string[] {
  const all = nodes.flatMap((node) => [...node.reserved.keys()]);
  return all.filter((address, index) => all.indexOf(address) !== index);
}

describe("a fleet with as many containers as addresses", () => {
  test("gives every node all that it needs, down to the last address", () => {
    const rig = new Rig();
    const nodes = Array.from({ length: 6 }, (_, index) => rig.start(`n${index}`));
    // 256 addresses, without both ends and one for each node.
    const each = (256 - 2 - 6) / 6;
    expect(fillUp(rig, nodes, Math.floor(each), 60_000)).toBe(0);
    const rest = 256 - 2 - 6 - 6 * Math.floor(each);
    expect(fillUp(rig, nodes.slice(0, 1), rest, 60_000)).toBe(0);
    expect(doubled(nodes)).toEqual([]);
    expect(nodes.reduce((sum, node) => sum + node.reserved.size, 0)).toBe(248);
    // Nothing is left: one more waits, and says why.
    nodes[1]?.member.need([{ subnet: 0 }]);
    rig.wait(10_000);
    expect(nodes[1]?.add()).toBeUndefined();
    expect(nodes[1]?.member.trouble).toMatch(
      /no free address of 10\.42\.0\.0\/24, and it finds none/u,
    );
  });

  test("serves more nodes than blocks, and makes blocks whole again when they go", () => {
    const rig = new Rig();
    const nodes = Array.from({ length: 10 }, (_, index) =>
      rig.start(`n${index}`, { config: { blockSizes: [26] } }),
    );
    expect(fillUp(rig, nodes, 12, 60_000)).toBe(0);
    expect(doubled(nodes)).toEqual([]);
    const split = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []).length;
    for (const node of nodes) for (const address of [...node.reserved.keys()]) node.del(address);
    rig.wait(200_000);
    const parts = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
    const owners = new Set(parts.flatMap(({ node }) => node ?? []));
    expect(owners.size).toBe(10);
    expect(parts.length).toBeLessThan(split);
  });
});

describe("a request of another node", () => {
  test("is served by splitting: what leaves is fenced before the store is asked", () => {
    const rig = new Rig();
    const config = { blockSizes: [24] };
    const a = rig.start("a", { config });
    rig.until("a serves", () => a.held().length === 1);
    a.fault = (changes) => (isSplit(changes) ? "cut" : undefined);
    const b = rig.start("b", { config });
    rig.until("a fences", () => a.in("leaving").length > 0, 10_000);
    const [fenced = ""] = a.in("leaving");
    expect(a.held()).not.toContain(fenced);
    // The answer was lost and the store was not reached: what is fenced comes back, and b asks again.
    a.fault = () => undefined;
    rig.until("b has some", () => b.held().length > 0, 20_000);
    expect(a.in("leaving")).toEqual([]);
    expect(a.held().filter((prefix) => b.held().includes(prefix))).toEqual([]);
  });

  test("of which the answer was lost is not forgotten, and what was given is given", () => {
    const rig = new Rig();
    const config = { blockSizes: [24] };
    const a = rig.start("a", { config });
    rig.until("a serves", () => a.held().length === 1);
    a.fault = (changes) => (isSplit(changes) ? "lost answer" : undefined);
    const b = rig.start("b", { config });
    rig.until("b has some", () => b.held().length > 0, 20_000);
    rig.wait(5000);
    expect(a.in("leaving")).toEqual([]);
    expect(a.held().filter((prefix) => b.held().includes(prefix))).toEqual([]);
  });

  test("is refused where all is in use, and where the node that asks has gone", () => {
    const rig = new Rig();
    const config = { blockSizes: [24] };
    const a = rig.start("a", { config });
    rig.until("a serves", () => a.held().length === 1);
    while (a.add() !== undefined) rig.wait(1);
    const b = rig.start("b", { config });
    rig.wait(5000);
    b.kill();
    rig.put("to/a/want/gone/subnet%200", { epoch: 1, subnet: 0, count: 1 });
    rig.until("a has answered", () => rig.keys("to/a/").length === 0, 20_000);
    expect(a.in("leaving")).toEqual([]);
  });
});

describe("a block that is empty", () => {
  test("is given back after a rest, but one, and never the part with the node's own address", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const gateway = a.picture?.subnets[0]?.gateway ?? "";
    for (let adds = 0; adds < 60; adds++) {
      a.add();
      rig.wait(100);
    }
    for (const address of [...a.reserved.keys()]) a.del(address);
    rig.wait(30_000);
    expect(a.held().length).toBeGreaterThan(3);
    rig.until(
      "it is given back",
      () => rig.keys("block/").some((key) => rig.record(key)?.parts[0]?.node === undefined),
      60_000,
    );
    rig.wait(60_000);
    expect(a.in("held").length).toBe(2);
    expect(a.picture?.subnets[0]?.gateway).toBe(gateway);
  });

  test("is given back although the first try was lost: a release is not forgotten", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    for (let adds = 0; adds < 40; adds++) {
      a.add();
      rig.wait(100);
    }
    for (const address of [...a.reserved.keys()]) a.del(address);
    a.fault = (changes) => (isFree(changes) ? "cut" : undefined);
    rig.until("it is tried", () => a.in("leaving").length > 0, 90_000);
    a.kill();
    a.fault = () => undefined;
    a.start();
    rig.wait(180_000);
    expect(a.in("leaving")).toEqual([]);
    expect(rig.keys("block/").some((key) => rig.record(key)?.parts[0]?.node === undefined)).toBe(
      true,
    );
    expect(a.in("held").length).toBe(2);
  });
});

function isSplit(changes: readonly object[]): boolean {
  return changes.some((change) => "put" in change && String(change.put).includes("/given/10."));
}

function isFree(changes: readonly object[]): boolean {
  return changes.some((change) => {
    return "value" in change && /^\{"parts":\[\{"prefix":"[^"]+"\}/u.test(String(change.value));
  });
}
