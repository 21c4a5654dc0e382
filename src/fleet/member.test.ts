import { describe, expect, test } from "bun:test";
import { Rig } from "../../tests/support/fleet-rig.ts";

/** The parts of all blocks that a node has in the store. */
function owned(rig: Rig, node: string): string[] {
  return rig
    .keys("block/")
    .flatMap((key) => rig.record(key)?.parts ?? [])
    .filter((part) => part.node === node)
    .map(({ prefix }) => prefix);
}

describe("a node that joins", () => {
  test("sets the fleet up, wins its id, and takes a block with an address of its own", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    expect(rig.record("fleet")).toMatchObject({ subnets: ["10.42.0.0/24"], blockSizes: [28] });
    expect(rig.record("node/a")).toMatchObject({ epoch: 1, gateways: [gatewayOf(a.held()[0])] });
    expect(owned(rig, "a")).toEqual(a.held());
    expect(a.member.trouble).toBeUndefined();
    expect(a.picture).toMatchObject({ holdMs: 90_000, cluster: "sim-1" });
  });

  test("takes another block than the others, and the whole fleet has each address once", () => {
    const rig = new Rig();
    const nodes = ["a", "b", "c", "d"].map((id) => rig.start(id));
    rig.until("all serve", () => nodes.every((node) => node.held().length > 0), 5000);
    const all = nodes.flatMap((node) => node.held());
    expect(new Set(all).size).toBe(4);
  });

  test("asks the store nothing for an ADD with addresses at hand", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    rig.wait(500);
    const before = { ...rig.engine.counts };
    for (let adds = 0; adds < 5; adds++) expect(a.add()).toBeDefined();
    rig.wait(500);
    expect(rig.engine.counts).toEqual(before);
  });

  test("says that its disk is full where the picture cannot, until there is room", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    a.isDiskFull = true;
    rig.until("it says so", () => a.member.trouble === "no space left on device", 20_000);
    expect(a.picture?.trouble).toBeUndefined();
    a.isDiskFull = false;
    rig.until("it goes on", () => a.member.trouble === undefined, 20_000);
  });

  test("fetches the next block when a quarter is left", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    for (let adds = 0; adds < 11; adds++) expect(a.add()).toBeDefined();
    rig.until("the next block", () => owned(rig, "a").length > 1, 1000);
  });
});

function gatewayOf(prefix: string | undefined): string {
  const [base = "", last = "0"] = (prefix ?? "").split("/")[0]?.split(/\.(?=\d+$)/u) ?? [];
  return `${base}.${last === "0" ? 1 : last}`;
}
