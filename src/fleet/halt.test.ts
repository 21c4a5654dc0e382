import { describe, expect, test } from "bun:test";
import { DirectStore } from "../../tests/simulation/direct-store.ts";
import { CONFIG, Rig } from "../../tests/support/fleet-rig.ts";
import { initFleet, NotDone, notAsserted, readFleet, resumeFleet } from "./index.ts";

/** Two nodes, and a backup of the store from before the second one joined and the first one grew. */
function restored(): { readonly rig: Rig; readonly nodes: readonly ReturnType<Rig["start"]>[] } {
  const rig = new Rig();
  const a = rig.start("a");
  rig.until("a serves", () => a.held().length === 1);
  const backup = rig.engine.backup();
  const b = rig.start("b");
  for (let adds = 0; adds < 12; adds++) a.add();
  rig.until("both hold more", () => a.held().length > 1 && b.held().length > 0);
  rig.engine.restore(backup);
  return { rig, nodes: [a, b] };
}

describe("a store that went back", () => {
  test("is seen by its revision, and halted: nodes serve on, and give it back what they hold", () => {
    const { rig, nodes } = restored();
    const before = nodes.map((node) => node.held());
    rig.until("it is halted", () => rig.record("halt") !== undefined, 20_000);
    expect(rig.record("halt")?.reason).toMatch(
      /the store is at revision \d+, and node [ab] has seen \d+|does not know epoch 1 of node b/u,
    );
    rig.wait(60_000);
    expect(nodes.map((node) => node.held())).toEqual(before);
    const owned = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
    expect(owned.filter(({ node }) => node !== undefined)).toHaveLength(before.flat().length);
    // While it is halted no block changes hands.
    const c = rig.start("c");
    rig.wait(20_000);
    expect(c.held()).toEqual([]);
    expect(rig.record("halt")).toBeDefined();
  });

  test("is believed again when an administrator says so and all nodes have asserted", async () => {
    const { rig, nodes } = restored();
    const before = nodes.map((node) => node.held());
    const store = new DirectStore(rig.engine);
    rig.until("it is halted", () => rig.record("halt") !== undefined, 20_000);
    rig.wait(20_000);
    const state = await readFleet(store, "pods");
    expect(state && notAsserted(state)).toEqual([]);
    await resumeFleet(store, "pods");
    expect(rig.record("fleet")?.generation).toBe(1);
    rig.wait(10_000);
    expect(rig.record("halt")).toBeUndefined();
    expect(nodes.map((node) => node.held())).toEqual(before);
    const c = rig.start("c");
    rig.until("c serves", () => c.held().length > 0, 10_000);
    const all = [...nodes, c].flatMap((node) => node.held());
    expect(new Set(all).size).toBe(all.length);
    // A node that was away meanwhile does not halt it again.
    rig.wait(60_000);
    expect(rig.record("halt")).toBeUndefined();
  });

  test("is not believed again while a node has not been heard of", async () => {
    const { rig, nodes } = restored();
    nodes[0]?.kill();
    const store = new DirectStore(rig.engine);
    rig.until("it is halted", () => rig.record("halt") !== undefined, 20_000);
    rig.wait(30_000);
    expect(await resumeFleet(store, "pods").catch((error: unknown) => error)).toEqual(
      new NotDone("not yet heard of: a; what they hold may be given away"),
    );
    await resumeFleet(store, "pods", new Set(["a"]));
    expect(rig.record("halt")).toBeUndefined();
  });

  test("adds nothing to what a node holds: what it gave away since is the other node's", () => {
    const rig = new Rig();
    const config = { blockSizes: [24] };
    const a = rig.start("a", { config });
    rig.until("a serves", () => a.held().length === 1);
    const backup = rig.engine.backup();
    const b = rig.start("b", { config });
    rig.until("b was given some", () => b.held().length > 0);
    rig.wait(2000);
    const before = [a.held(), b.held()];
    rig.engine.restore(backup);
    for (let step = 0; step < 600; step++) {
      rig.wait(100);
      expect(a.held().filter((prefix) => !before[0]?.includes(prefix))).toEqual([]);
    }
    expect(rig.record("halt")).toBeDefined();
    expect([a.held(), b.held()]).toEqual(before);
    expect(rig.record("node/a")?.asserted).toBe(rig.record("node/b")?.asserted);
  });

  test("is seen although its revision is higher: nothing is taken from a node whose lease lives", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    rig.wait(6000);
    const [key = ""] = rig.keys("block/");
    rig.put(key, { parts: [{ prefix: a.held()[0], node: "b", epoch: 1 }] });
    rig.until("it is halted", () => rig.record("halt") !== undefined, 20_000);
    expect(rig.record("halt")?.reason).toMatch(/has lost 10\.42/u);
    expect(a.in("held")).toEqual([]);
  });

  test("is seen at once where the node hears of it, however often it hears", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    rig.wait(6000);
    // What is heard may be wrong: nothing follows but a question, and not one for each word.
    const before = { ...rig.engine.counts };
    for (let words = 0; words < 200; words++) {
      a.member.doubt();
      rig.wait(10);
    }
    expect(rig.engine.counts.transact - before.transact).toBeLessThan(6);
    expect(a.held()).toHaveLength(1);
    rig.wait(3000);
    rig.engine.transact([], [{ delete: `/hawser/1/pods/${rig.keys("block/")[0]}` }]);
    expect(a.held()).toHaveLength(1);
    a.member.doubt();
    rig.until("it is halted", () => rig.record("halt") !== undefined, 100);
    expect(a.held()).toEqual([]);
  });

  test("by a key that was removed is halted, and the block is the node's again when the fleet goes on", async () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const [held = ""] = a.held();
    a.add();
    rig.wait(6000);
    rig.engine.transact([], [{ delete: `/hawser/1/pods/${rig.keys("block/")[0]}` }]);
    rig.until("it is halted", () => rig.record("halt") !== undefined, 10_000);
    rig.until("a has asserted", () => rig.record("node/a")?.asserted !== undefined, 20_000);
    expect(a.in("lost")).toEqual([held]);
    await resumeFleet(new DirectStore(rig.engine), "pods");
    rig.until("a has it again", () => a.held().includes(held), 10_000);
    expect(a.reports("won back")).toHaveLength(1);
  });

  test("that is another one is seen by its identity", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    a.kill();
    rig.engine.cluster = "sim-2";
    a.start();
    rig.until("it is halted", () => rig.record("halt") !== undefined, 20_000);
    expect(rig.record("halt")).toMatchObject({
      reason: "the store is sim-2, and node a knows the fleet on sim-1",
    });
    expect(a.held()).toHaveLength(1);
  });

  test("with a new identity gives nothing to a new node, before any other node has asked it", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const backup = rig.engine.backup();
    const b = rig.start("b");
    rig.until("b serves", () => b.held().length === 1);
    for (const node of [a, b]) node.isCutOff = true;
    rig.engine.restore(backup);
    rig.engine.cluster = "sim-2";
    const blocks = rig.keys("block/");
    const c = rig.start("c");
    rig.until("c has halted the fleet", () => rig.record("halt") !== undefined, 1000);
    expect(rig.record("halt")).toMatchObject({
      reason: "the fleet was set up on the store sim-1, and this one is sim-2",
      by: "c",
    });
    rig.wait(60_000);
    expect([c.held(), rig.keys("block/")]).toEqual([[], blocks]);
    for (const node of [a, b]) node.isCutOff = false;
    rig.wait(20_000);
    expect(rig.keys("block/")).toHaveLength(2);
    expect(a.held().filter((prefix) => b.held().includes(prefix))).toEqual([]);
  });

  test("that is empty is not set up by a node that knows the fleet", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    a.kill();
    for (const key of rig.keys("")) rig.engine.transact([], [{ delete: `/hawser/1/pods/${key}` }]);
    a.start();
    rig.wait(5000);
    expect(rig.record("fleet")).toBeUndefined();
    expect(a.member.trouble).toMatch(/the store does not know the fleet that node a is in/u);
    const c = rig.start("c");
    rig.wait(5000);
    expect(c.held()).toEqual([]);
    expect(c.member.trouble).toBe("the fleet is halted, and its record is missing");
  });
});

describe("hawser cluster init", () => {
  test("sets a fleet up once, and refuses another one", async () => {
    const rig = new Rig();
    const store = new DirectStore(rig.engine);
    expect(await initFleet(store, CONFIG)).toBe(true);
    expect(await initFleet(store, CONFIG)).toBe(false);
    expect(
      await initFleet(store, { ...CONFIG, overlay: "vxlan" }).catch((error: unknown) => error),
    ).toEqual(
      new NotDone(
        "the network has a fleet already, and it differs: overlay: vxlan here, none in the fleet",
      ),
    );
  });
});
