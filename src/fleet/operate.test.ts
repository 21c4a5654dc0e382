import { describe, expect, test } from "bun:test";
import { DirectStore } from "../../tests/simulation/direct-store.ts";
import { Rig } from "../../tests/support/fleet-rig.ts";
import { Ip, Prefix } from "../addr/index.ts";
import {
  disagreements,
  type FleetState,
  faultsOf,
  findAddress,
  forgetNode,
  NotDone,
  nodesOf,
  planForget,
  readFleet,
  releasePrefix,
  subnetsOf,
} from "./index.ts";

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
    const [first, second] = nodesOf(await stateOf(rig));
    expect(first).toMatchObject({ id: "a", lives: true, size: 16, mayBeTaken: false });
    expect(first?.prefixes.map(String)).toEqual(a.held());
    expect(second).toMatchObject({ id: "b", lives: false, mayBeTaken: true });
    expect(subnetsOf(await stateOf(rig))).toMatchObject([
      { size: 256, fresh: 224, givenBack: 0, held: 16, dead: 16 },
    ]);
  });

  test("is where an address is", async () => {
    const { rig, a } = two();
    const gateway = a.picture?.subnets[0]?.gateway ?? "";
    expect(findAddress(await stateOf(rig), Ip.parse(gateway))).toMatchObject({
      part: { owner: { node: "a", epoch: 1 } },
      gatewayOf: "a",
      name: undefined,
    });
    expect(findAddress(await stateOf(rig), Ip.parse("192.0.2.1"))).toMatchObject({
      block: undefined,
    });
  });

  test("is what does not fit together", async () => {
    const { rig, a } = two();
    if (a.picture === undefined) throw new Error("a has no picture");
    expect(disagreements(await stateOf(rig), a.picture)).toEqual([]);
    expect(faultsOf(await stateOf(rig))).toEqual([]);
    a.kill();
    const [key = ""] = rig
      .keys("block/")
      .filter((each) => rig.record(each)?.parts[0]?.node === "a");
    rig.put(key, { parts: [{ prefix: a.picture.subnets[0]?.holdings[0]?.prefix }] });
    rig.put("node/x", "what is this");
    const state = await stateOf(rig);
    const [prefix] = a.in("held");
    expect(disagreements(state, a.picture)).toEqual([
      `node a holds ${prefix}, which by the store is free`,
    ]);
    expect(faultsOf(state)).toEqual([
      "/hawser/1/pods/node/x holds no record of this program",
      `${a.picture.subnets[0]?.gateway}, the own address of node a, is not held by it`,
    ]);
  });
});

describe("a node that is given up", () => {
  test("has to be dead, unless forced", async () => {
    const { rig, store } = two();
    const plan = planForget(await stateOf(rig), "a");
    expect(plan).toMatchObject({ lives: true, isOver: false });
    expect(await forgetNode(store, "pods", "a").catch((error: unknown) => error)).toEqual(
      new NotDone("node a lives"),
    );
    const state = await stateOf(rig);
    expect(() => planForget(state, "x")).toThrow("the fleet pods has no node x");
  });

  test("frees what it held, and wins its id anew when it comes back", async () => {
    const { rig, a, store } = two();
    const before = a.held();
    a.kill();
    rig.wait(20_000);
    expect((await forgetNode(store, "pods", "a")).map(String)).toEqual(before);
    const parts = rig.keys("block/").flatMap((key) => rig.record(key)?.parts ?? []);
    expect(parts.filter(({ node }) => node === "a")).toEqual([]);
    expect(nodesOf(await stateOf(rig)).map(({ id }) => id)).toEqual(["b"]);
    a.start();
    rig.until("a has won again", () => a.picture?.epoch === 3 && a.held().length > 0, 20_000);
    expect(a.held()).not.toEqual(before);
    expect(rig.record("node/a")?.forgotten).toBeUndefined();
    expect(rig.record("halt")).toBeUndefined();
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

  test("is refused while the fleet is halted", async () => {
    const { rig, a, store } = two();
    rig.put("halt", { reason: "a test", by: "b" });
    const prefix = Prefix.parse(a.held()[0] ?? "");
    expect(
      await releasePrefix(store, "pods", prefix, { force: true }).catch((error: unknown) => error),
    ).toEqual(new NotDone("the fleet pods is halted"));
  });
});
