import { describe, expect, test } from "bun:test";
import { Rig, type RigNode } from "../../tests/support/fleet-rig.ts";

/** A fleet of two blocks, of which one node has both, and a container for each address. */
function full(rig: Rig): { readonly a: RigNode; readonly config: object } {
  const config = { blockSizes: [25], quarantineMs: 120_000 };
  const a = rig.start("a", { config });
  rig.until("a serves", () => a.held().length === 1);
  for (let adds = 0; adds < 100; adds++) a.add();
  rig.until("a has all", () => a.held().length === 2, 5000);
  while (a.add() !== undefined) rig.wait(1);
  return { a, config };
}

/** The parts that an epoch of a node holds, as the store has them. */
function ownedBy(rig: Rig, id: string, of: number): string[] {
  const parts = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
  return parts.flatMap(({ prefix, node, epoch }) => (node === id && epoch === of ? [prefix] : []));
}

describe("a dead node's blocks", () => {
  test("are taken when its lease is gone and its quarantine is over, not before", () => {
    const rig = new Rig();
    const { a, config } = full(rig);
    a.kill();
    const b = rig.start("b", { config });
    const killed = rig.timeline.now();
    while (b.held().length === 0) {
      rig.wait(1000);
      if (rig.timeline.now() - killed > 400_000) throw new Error("never taken");
      expect(a.held().filter((prefix) => b.held().includes(prefix))).toEqual([]);
    }
    const passed = rig.timeline.now() - killed;
    expect(passed).toBeGreaterThan(120_000);
    expect(passed).toBeLessThan(180_000);
  });

  test("are found behind the counts of more nodes that are gone for good than are read at once", () => {
    const rig = new Rig();
    for (let at = 0; at < 1100; at++) {
      const id = `Z${at}`;
      rig.put(`node/${id}`, { epoch: 1, session: "x", gateways: [], version: "1" });
      rig.put(`quarantine/${id}/1`, { elapsedMs: 120_000, since: "1" });
    }
    const { a, config } = full(rig);
    a.kill();
    const b = rig.start("b", { config });
    rig.until("b has taken one", () => b.held().length > 0, 400_000);
  });

  test("stay a node's own when it comes back in time: the count is gone", () => {
    const rig = new Rig();
    const { a, config } = full(rig);
    const before = a.held();
    a.isCutOff = true;
    rig.start("b", { config });
    rig.until(
      "it is counted",
      () => (rig.record("quarantine/a/1")?.elapsedMs ?? 0) > 30_000,
      200_000,
    );
    expect(a.held()).toEqual(before);
    a.isCutOff = false;
    rig.until("a is back", () => rig.record("alive/a") !== undefined, 20_000);
    expect(rig.record("quarantine/a/1")).toBeUndefined();
    rig.wait(300_000);
    expect(a.in("held")).toEqual(before);
  });

  test("are lost to a node that comes back late; its living containers stay and are named", () => {
    const rig = new Rig();
    const { a, config } = full(rig);
    const b = rig.start("b", { config });
    a.isCutOff = true;
    rig.until("a stops serving", () => a.held().length === 0, 100_000);
    const serving = a.serving();
    expect(serving.ok ? "" : serving.reason).toMatch(
      /the store has not confirmed for \d+ seconds/u,
    );
    rig.until("b has taken one", () => b.held().length > 0, 300_000);
    const [taken = ""] = b.held();
    a.isCutOff = false;
    rig.until("a knows", () => a.in("lost").length > 0, 30_000);
    expect(a.in("lost")).toContain(taken);
    expect(a.held()).not.toContain(taken);
    expect(a.reports("lost").join()).toMatch(/has lost .*; containers keep 10\.42\.0\.\d+/u);
    for (const address of a.reserved.keys()) a.del(address);
    rig.until("the last one is gone", () => a.in("lost").length === 0, 30_000);
  });

  test("are never taken where the quarantine is never", () => {
    const rig = new Rig();
    const config = { blockSizes: [24], quarantineMs: undefined };
    const a = rig.start("a", { config });
    rig.until("a serves", () => a.held().length === 1);
    expect(a.picture?.holdMs).toBeUndefined();
    a.isCutOff = true;
    const b = rig.start("b", { config });
    rig.wait(3_600_000);
    expect(b.held()).toEqual([]);
    expect(a.held()).toHaveLength(1);
  });

  test("are counted while no node needs any: by the living node before the dead one", () => {
    const rig = new Rig();
    const nodes = ["a", "b", "c"].map((id) => rig.start(id));
    rig.until("all serve", () => nodes.every((node) => node.held().length > 0));
    nodes[1]?.kill();
    rig.until(
      "it is over",
      () => (rig.record("quarantine/b/1")?.elapsedMs ?? 0) >= 120_000,
      250_000,
    );
    const writes = rig.engine.entries.get("/hawser/1/pods/quarantine/b/1")?.revision;
    rig.wait(300_000);
    expect(rig.engine.entries.get("/hawser/1/pods/quarantine/b/1")?.revision).toBe(writes ?? 0n);
  });
});

describe("the count of a quarantine", () => {
  test("of an epoch left behind goes with the last part that others take", () => {
    const rig = new Rig();
    const { a, config } = full(rig);
    const b = rig.start("b", { config });
    // A machine is set up anew under the same id, without what its disk had.
    a.kill();
    rig.wait(20_000);
    rig.start("a", { config, boot: "anew" });
    rig.until("the epoch is counted", () => rig.record("quarantine/a/1") !== undefined, 60_000);
    b.member.need(Array.from({ length: 200 }, () => ({ subnet: 0 })));
    rig.until("b has taken all", () => ownedBy(rig, "a", 1).length === 0, 400_000);
    rig.until("the count is gone", () => rig.keys("quarantine/").length === 0, 10_000);
    rig.wait(200_000);
    expect(rig.keys("quarantine/")).toEqual([]);
  });

  test("of an epoch left behind goes when its node wins all of it again", () => {
    const rig = new Rig();
    const { a, config } = full(rig);
    const before = a.held();
    rig.start("b", { config });
    a.kill();
    rig.until("a is counted", () => rig.record("quarantine/a/1") !== undefined, 60_000);
    a.reboot();
    rig.until("a has won its id again", () => a.picture?.epoch === 2, 60_000);
    expect(rig.record("quarantine/a/1")).toBeDefined();
    rig.until("a or b has all", () => rig.record("quarantine/a/1") === undefined, 400_000);
    expect(ownedBy(rig, "a", 1)).toEqual([]);
    expect(before).toHaveLength(2);
  });

  test("does not go on while the store is away", () => {
    const rig = new Rig();
    const { a, config } = full(rig);
    const b = rig.start("b", { config });
    a.kill();
    rig.until("it is counted", () => rig.record("quarantine/a/1") !== undefined, 60_000);
    rig.wait(20_000);
    b.isCutOff = true;
    rig.wait(3_600_000);
    b.isCutOff = false;
    rig.wait(20_000);
    expect(rig.record("quarantine/a/1")?.elapsedMs).toBeLessThan(100_000);
    expect(b.held()).toEqual([]);
  });

  test("does not trust a clock that jumps", () => {
    const rig = new Rig();
    const { a, config } = full(rig);
    const b = rig.start("b", { config });
    a.kill();
    rig.until("it is counted", () => rig.record("quarantine/a/1") !== undefined, 60_000);
    rig.wait(15_000);
    b.clockAheadMs = 3_600_000;
    rig.wait(30_000);
    expect(rig.record("quarantine/a/1")?.elapsedMs).toBeLessThan(100_000);
  });

  test("of an epoch that its node has left behind is kept apart", () => {
    const rig = new Rig();
    const config = { blockSizes: [25] };
    const a = rig.start("a", { config });
    rig.until("a serves", () => a.held().length === 1);
    a.kill();
    // A machine with the same name and an empty disk: it does not know what the old one had.
    a.picture = undefined;
    a.reboot();
    rig.until("the new one serves", () => a.held().length === 1, 60_000);
    const b = rig.start("b", { config });
    rig.until("b has what the old one had", () => b.held().length === 1, 400_000);
    expect(a.held().filter((prefix) => b.held().includes(prefix))).toEqual([]);
    expect(a.held().length).toBeGreaterThan(0);
  });

  test("of an epoch left behind goes on without an ADD that waits", () => {
    const rig = new Rig();
    const { a, config } = full(rig);
    a.kill();
    rig.wait(20_000);
    rig.start("a", { config, boot: "anew" });
    const others = ["b", "c", "d"].map((id) => rig.start(id, { config }));
    rig.until("it is counted", () => rig.record("quarantine/a/1") !== undefined, 60_000);
    const begun = rig.timeline.now();
    rig.until(
      "it is over",
      () => (rig.record("quarantine/a/1")?.elapsedMs ?? 0) >= 120_000,
      150_000,
    );
    expect(rig.timeline.now() - begun).toBeGreaterThan(120_000);
    rig.until("it is taken", () => others.some((node) => node.held().length > 0), 60_000);
  });
});
