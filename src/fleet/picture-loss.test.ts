import { describe, expect, test } from "bun:test";
import { Rig, type RigNode } from "../../tests/support/fleet-rig.ts";
import { Ip, Prefix } from "../addr/index.ts";
import type { FleetConfig } from "./index.ts";

/** The picture as it stands now. */
function pictureOf(node: RigNode): RigNode["picture"] {
  return node.picture;
}

/** A node with a container, its gateway, and the block of both. */
function serving(
  rig: Rig,
  config: Partial<FleetConfig> = {},
): { a: RigNode; block: string; gateway: string; container: string } {
  const a = rig.start("a", { facts: { machine: "uuid-1" }, config });
  // The gateway is not the first address that is free afterwards.
  a.reserved.set("10.42.0.1", Ip.parse("10.42.0.1"));
  rig.until("a serves", () => a.held().length === 1);
  const container = a.add() ?? "";
  a.del("10.42.0.1");
  const [block = ""] = a.held();
  const gateway = a.picture?.subnets[0]?.gateway ?? "";
  rig.wait(1000);
  expect((rig.record("node/a") as { gateways?: unknown } | undefined)?.gateways).toEqual([gateway]);
  return { a, block, gateway, container };
}

describe("a picture that is lost or torn", () => {
  test("is made anew by the member that runs: the same epoch, blocks and gateway", () => {
    const rig = new Rig();
    const { a, block, gateway } = serving(rig, { blockSizes: [24] });
    expect(gateway).toBe("10.42.0.2");
    a.picture = undefined;
    a.member.need([{ subnet: 0 }]);
    rig.until("a serves again", () => a.held().length > 0, 20_000);
    expect(a.held()).toContain(block);
    expect(pictureOf(a)?.subnets[0]?.gateway).toBe(gateway);
    expect(pictureOf(a)?.epoch).toBe(rig.record("node/a")?.epoch ?? 0);
    // No container gets what the others have for their gateway.
    for (let adds = 0; adds < 20; adds++) expect(a.add()).not.toBe(gateway);
  });

  test("leaves the blocks of living containers to the node that starts without it", () => {
    const rig = new Rig();
    const { a, block, gateway, container } = serving(rig, { blockSizes: [24] });
    a.kill();
    a.picture = undefined;
    a.start();
    rig.until("a serves again", () => a.held().includes(block), 60_000);
    expect(pictureOf(a)?.subnets[0]?.gateway).toBe(gateway);
    expect(a.reserved.has(container)).toBe(true);
    const owners = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
    expect(owners.find(({ prefix }) => prefix === block)).toMatchObject({ node: "a", epoch: 2 });
  });
});

test("a configuration with another subnet forgets nothing of what the node holds", () => {
  const rig = new Rig();
  const { a } = serving(rig);
  a.kill();
  const { picture } = a;
  const config = { subnets: [Prefix.parse("10.43.0.0/24")] };
  const wrong = rig.start("a", { config, picture, boot: a.boot });
  rig.wait(5000);
  expect(wrong.reports("refused").join()).toMatch(/10\.43\.0\.0\/24 here, 10\.42\.0\.0\/24 in/u);
  const { disagreement, ...kept } = pictureOf(wrong) ?? {};
  expect(kept).toEqual(picture ?? {});
  expect(disagreement?.reason).toMatch(/10\.43\.0\.0\/24 here, 10\.42\.0\.0\/24 in/u);
});

describe("records under the fleet's keys that no node of ours has written", () => {
  test.each([
    ["an epoch that cannot count up", "node/b", { epoch: 1e300 }],
    ["an id that a terminal obeys", "node/\u001b[2Jb", {}],
    ["an id of several lines", "node/b\nc", {}],
    ["an id without end", `node/${"b".repeat(3000)}`, {}],
  ])("%s", (_what, key, more) => {
    const rig = new Rig();
    const { a } = serving(rig);
    const record = { epoch: 1, session: "s", gateways: [], version: "1", ...more };
    rig.put(key, record);
    const b = rig.start("b");
    rig.wait(10_000);
    const after: unknown = rig.record(key);
    expect(after).toEqual(key === "node/b" ? record : expect.anything());
    expect(b.held().length).toBe(key === "node/b" ? 0 : 1);
    expect(a.held()).toHaveLength(1);
  });
});

test("an inbox full of other programs' keys keeps no node from its turn, and is one line of the log", () => {
  const rig = new Rig();
  const config = { blockSizes: [24] };
  const a = rig.start("a", { config });
  rig.until("a holds all", () => a.held().length === 1);
  for (let at = 0; at < 3000; at++) rig.put(`to/a/given/!${at}`, "x");
  const b = rig.start("b", { config });
  b.member.need([{ subnet: 0 }]);
  rig.until("b is given a part", () => b.held().length > 0, 60_000);
  expect(a.reports("foreign")).toHaveLength(1);
  expect(rig.keys("to/a/given/!")).toHaveLength(3000);
});
