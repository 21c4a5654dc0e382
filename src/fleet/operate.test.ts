import { describe, expect, test } from "bun:test";
import { DirectStore } from "../../tests/simulation/direct-store.ts";
import { Rig } from "../../tests/support/fleet-rig.ts";
import { Ip, Prefix } from "../addr/index.ts";
import { type FleetState, forgetNode, NotDone, readFleet, releasePrefix } from "./index.ts";
import { fleetReport, judgeFleet } from "./operator/index.ts";

async function stateOf(rig: Rig): Promise<FleetState> {
  const state = await readFleet(new DirectStore(rig.engine), "pods");
  if (state === undefined) throw new Error("there is no fleet");
  return state;
}

function two() {
  const rig = new Rig();
  const a = rig.start("a");
  const b = rig.start("b");
  rig.until("both serve", () => a.held().length > 0 && b.held().length > 0);
  rig.wait(1000);
  return { rig, a, b, store: new DirectStore(rig.engine) };
}

describe("what an administrator sees", () => {
  test("are nodes with what they hold, and which of them live", async () => {
    const { rig, a, b } = two();
    b.kill();
    rig.wait(200_000);
    const { nodes, spaces } = fleetReport(await stateOf(rig));
    expect(nodes).toMatchObject([
      { id: "a", state: "alive" },
      { id: "b", state: "given up" },
    ]);
    expect(nodes[0]?.holds.map(String)).toEqual(a.held());
    expect(spaces).toMatchObject([{ size: 256n, held: 16n, resting: 16n, blocks: 2 }]);
  });

  test("is which part of a block has an address, and whose gateway it is", async () => {
    const { rig, a } = two();
    const gateway = a.picture?.subnets[0]?.gateway ?? "";
    const { parts, nodes } = fleetReport(await stateOf(rig));
    expect(parts.find(({ prefix }) => prefix.contains(Ip.parse(gateway)))).toMatchObject({
      node: "a",
      epoch: 1,
    });
    expect(nodes[0]?.record?.gateways).toEqual([gateway]);
  });

  test("is what does not fit together", async () => {
    const { rig, a } = two();
    const { picture } = a;
    if (picture === undefined) throw new Error("a has no picture");
    const own = { config: a.config, picture, reserved: [] };
    expect(judgeFleet(fleetReport(await stateOf(rig)), own)).toEqual([]);
    const [key = ""] = rig
      .keys("block/")
      .filter((each) => rig.record(each)?.parts[0]?.node === "a");
    rig.put(key, { parts: [{ prefix: picture.subnets[0]?.holdings[0]?.prefix }] });
    rig.put("node/x", "what is this");
    const [prefix] = a.in("held");
    const findings = judgeFleet(fleetReport(await stateOf(rig)), own);
    expect(findings.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      `not-its-own: a goes by ${prefix} as its own, and the store gives ${prefix} to no node`,
      `gateway-elsewhere: the containers on a have the gateway ${picture.subnets[0]?.gateway}, which is of no part that it holds`,
      "foreign-key: /hawser/1/pods/node/x hold no record of this program, which leaves them alone",
    ]);
  });
});

describe("a node that is given up", () => {
  test("has to be dead, unless forced", async () => {
    const { rig, store } = two();
    expect(fleetReport(await stateOf(rig)).nodes[0]).toMatchObject({ id: "a", state: "alive" });
    expect(await forgetNode(store, "pods", "a").catch((error: unknown) => error)).toEqual(
      new NotDone("node a lives"),
    );
    expect(await forgetNode(store, "pods", "x").catch((error: unknown) => error)).toEqual(
      new NotDone("the fleet pods has no node x"),
    );
  });

  test("frees what it held, and wins its id anew when it comes back", async () => {
    const { rig, a, store } = two();
    const before = a.held();
    a.kill();
    rig.wait(20_000);
    expect((await forgetNode(store, "pods", "a")).map(String)).toEqual(before);
    const parts = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
    expect(parts.filter(({ node }) => node === "a")).toEqual([]);
    expect(fleetReport(await stateOf(rig)).nodes).toMatchObject([
      { id: "a", state: "forgotten", holds: [] },
      { id: "b", state: "alive" },
    ]);
    a.start();
    rig.until("a has won again", () => a.picture?.epoch === 3 && a.held().length > 0, 20_000);
    expect(a.held()).not.toEqual(before);
    expect(rig.record("node/a")?.forgotten).toBeUndefined();
    expect(rig.record("halt")).toBeUndefined();
  });

  test("wins back what its containers have addresses of, where no other node has it", async () => {
    const { rig, a, b, store } = two();
    a.add();
    const before = a.held();
    a.isCutOff = true;
    rig.until("a is dead", () => rig.record("alive/a") === undefined, 30_000);
    await forgetNode(store, "pods", "a");
    a.isCutOff = false;
    rig.until("a has won its id again", () => a.picture?.epoch === 3, 20_000);
    rig.until("a has its block again", () => before.every((each) => a.held().includes(each)));
    expect(a.in("lost")).toEqual([]);
    expect(a.reports("won back")).toHaveLength(1);
    expect(b.held()).not.toContain(before[0] ?? "");
  });

  test("leaves what another node has by then to that one, until it is free", async () => {
    const { rig, a, store } = two();
    a.add();
    const [held = ""] = a.held();
    a.isCutOff = true;
    rig.until("a is dead", () => rig.record("alive/a") === undefined, 30_000);
    await forgetNode(store, "pods", "a");
    const [key = ""] = rig
      .keys("block/")
      .filter((each) => rig.record(each)?.parts[0]?.prefix === held);
    rig.put(key, { parts: [{ prefix: held, node: "b", epoch: 1 }] });
    a.isCutOff = false;
    rig.until("a knows", () => a.in("lost").length > 0, 20_000);
    rig.wait(100_000);
    expect(a.held()).not.toContain(held);
    rig.put(key, { parts: [{ prefix: held }] });
    rig.until("a has it again", () => a.held().includes(held), 60_000);
    expect(rig.record("halt")).toBeUndefined();
  });

  test("wins back all pieces of a block at once, and none that another node has", async () => {
    const { rig, a, store } = two();
    for (let adds = 0; adds < 13; adds++) a.add();
    const [held = ""] = a.held();
    a.isCutOff = true;
    rig.until("a is dead", () => rig.record("alive/a") === undefined, 30_000);
    await forgetNode(store, "pods", "a");
    const block = Prefix.parse(held);
    const quarter = (at: number): string =>
      new Prefix(Ip.fromBigInt(4, block.first().toBigInt() + BigInt(4 * at)), 30).toString();
    const [first, second, third, last] = [0, 1, 2, 3].map(quarter) as [
      string,
      string,
      string,
      string,
    ];
    const [key = ""] = rig.keys("block/").filter((each) => {
      return rig.record(each)?.parts[0]?.prefix === held;
    });
    const other = { node: "b", epoch: 1 };
    rig.put(key, {
      parts: [
        { prefix: first },
        { prefix: second, ...other },
        { prefix: third },
        { prefix: last, ...other },
      ],
    });
    a.isCutOff = false;
    rig.until("a has won its id again", () => a.picture?.epoch === 3, 20_000);
    rig.wait(500);
    expect(a.reports("won back")).toHaveLength(2);
    for (const won of [first, third]) expect(a.held()).toContain(won);
    expect(a.in("lost")).toEqual([second, last]);
    rig.wait(100_000);
    expect(a.in("lost")).toEqual([second, last]);
  });

  test("frees it in whatever spelling it stands in the store", async () => {
    const { rig, a, store } = two();
    a.kill();
    rig.wait(20_000);
    const own = rig.keys("block/").filter((key) => rig.record(key)?.parts[0]?.node === "a");
    for (const key of own) {
      const [{ prefix = "", node = "", epoch = 0 } = {}] = rig.record(key)?.parts ?? [];
      rig.put(key, { by: "a newer program", parts: [{ epoch, weight: 1, node, prefix }] });
    }
    await forgetNode(store, "pods", "a");
    const parts = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
    expect(own.length).toBeGreaterThan(0);
    expect(parts.filter(({ node }) => node === "a")).toEqual([]);
  });

  test("stops when it is forced away while it lives", async () => {
    const { rig, a, store } = two();
    const before = a.held();
    await forgetNode(store, "pods", "a", { force: true });
    rig.until("a goes by something else", () => a.picture?.epoch === 3, 20_000);
    rig.until("a serves again", () => a.held().length > 0, 20_000);
    expect(a.held()).not.toEqual(before);
    expect(rig.record("halt")).toBeUndefined();
  });
});

describe("a prefix that is freed", () => {
  test("is not that of a node that lives, unless forced, and then the node learns of it", async () => {
    const { rig, a, store } = two();
    const [held = ""] = a.held();
    const one = Prefix.ofHost(Prefix.parse(held).last());
    expect(await releasePrefix(store, "pods", one).catch((error: unknown) => error)).toEqual(
      new NotDone(`${held} is held by node a, which lives`),
    );
    await releasePrefix(store, "pods", one, { force: true });
    rig.until("a knows", () => !a.held().includes(held), 20_000);
    expect(rig.record("halt")).toBeUndefined();
    expect(a.held().length).toBeGreaterThan(1);
  });

  test("is not that of a node that has come back meanwhile", async () => {
    const { rig, b, store } = two();
    const [held = ""] = b.held();
    b.kill();
    rig.wait(20_000);
    expect(rig.record("alive/b")).toBeUndefined();
    const read = store.read.bind(store);
    store.read = async (keys, options) => {
      const snapshot = await read(keys, options);
      if ("key" in keys && keys.key.includes("/block/")) {
        rig.put("alive/b", { epoch: 1, session: "s", member: "m", word: 1 });
      }
      return snapshot;
    };
    const asked = releasePrefix(store, "pods", Prefix.parse(held));
    expect(await asked.catch((error: unknown) => error)).toEqual(new NotDone("node b lives"));
    const parts = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
    expect(parts.find(({ prefix }) => prefix === held)).toMatchObject({ node: "b" });
  });

  test("is refused while the fleet is halted", async () => {
    const { rig, a, store } = two();
    rig.put("halt", { reason: "a test", by: "b" });
    const prefix = Prefix.parse(a.held()[0] ?? "");
    expect(
      await releasePrefix(store, "pods", prefix, { force: true }).catch((error: unknown) => error),
    ).toEqual(new NotDone("the fleet pods is halted"));
  });
});
