import { describe, expect, test } from "bun:test";
import { DirectStore } from "../../tests/simulation/direct-store.ts";
import { Rig, type RigNode } from "../../tests/support/fleet-rig.ts";
import { Ip } from "../addr/index.ts";
import { forgetNode, NotDone, releaseName } from "./index.ts";

const CONFIG = { blockSizes: [26] };

function two(): { readonly rig: Rig; readonly a: RigNode; readonly b: RigNode } {
  const rig = new Rig();
  const a = rig.start("a", { config: CONFIG });
  const b = rig.start("b", { config: CONFIG });
  rig.until("both serve", () => a.held().length > 0 && b.held().length > 0);
  return { rig, a, b };
}

/** Whether what the node may reserve from has the address. */
function has(node: RigNode, address: string): boolean {
  const serving = node.serving();
  return (
    serving.ok &&
    serving.subnets.some(({ prefixes }) => prefixes.some((at) => at.contains(Ip.parse(address))))
  );
}

function refusal(node: RigNode): string | undefined {
  return node.picture?.refusals?.at(-1)?.reason;
}

/** The last address of what a node holds. */
function lastOf(node: RigNode): string {
  const serving = node.serving();
  const prefix = serving.ok ? serving.subnets[0]?.prefixes[0] : undefined;
  return (prefix?.last().previous() ?? Ip.parse("0.0.0.0")).toString();
}

describe("an address that is asked for", () => {
  test("is taken from a block that was never used", () => {
    const { rig, a, b } = two();
    const free = Array.from({ length: 4 }, (_, index) => `10.42.0.${index * 64 + 7}`);
    const address = free.find((each) => !has(a, each) && !has(b, each)) ?? "";
    a.member.need([{ subnet: 0, address: Ip.parse(address) }]);
    rig.until("a has it", () => has(a, address), 2000);
    expect(rig.keys("block/")).toHaveLength(3);
  });

  test("is given by the node that has it and does not use it", () => {
    const { rig, a, b } = two();
    const address = lastOf(b);
    a.member.need([{ subnet: 0, address: Ip.parse(address) }]);
    rig.until("a has it", () => has(a, address), 2000);
    expect(has(b, address)).toBe(false);
  });

  test("is waited for while the node that has it does not answer, and the node says so", () => {
    const { rig, a, b } = two();
    const address = lastOf(b);
    b.isCutOff = true;
    a.member.need([{ subnet: 0, address: Ip.parse(address) }]);
    const silence = `node b, which has ${address}, does not answer`;
    rig.until("it is named", () => a.picture?.trouble === silence, 5000);
    b.isCutOff = false;
    rig.until("a has it", () => has(a, address), 15_000);
    rig.until("it is forgotten", () => a.picture?.trouble === undefined, 5000);
  });

  test("is refused, and by name, while a container or the node itself has it", () => {
    const { rig, a, b } = two();
    const taken = b.add() ?? "";
    a.member.need([{ subnet: 0, address: Ip.parse(taken) }]);
    rig.until("it is refused", () => refusal(a) === `${taken} is in use on node b`, 2000);
    const gateway = b.picture?.subnets[0]?.gateway ?? "";
    a.member.need([{ subnet: 0, address: Ip.parse(gateway) }]);
    rig.until(
      "it is refused",
      () => refusal(a) === `${gateway} is the own address of node b`,
      2000,
    );
    a.member.need([{ subnet: 0, address: Ip.parse("10.42.0.255") }]);
    rig.until(
      "it is refused",
      () => refusal(a) === "10.42.0.255 is no address for a container",
      2000,
    );
  });

  test("of a dead node is refused until its quarantine is over", () => {
    const { rig, a, b } = two();
    const address = lastOf(b);
    b.kill();
    rig.wait(20_000);
    a.member.need([{ subnet: 0, address: Ip.parse(address) }]);
    rig.until("it is refused", () => /held by node b, which is dead/u.test(refusal(a) ?? ""), 2000);
    rig.wait(200_000);
    a.member.need([{ subnet: 0, address: Ip.parse(address) }]);
    rig.until("a has it", () => has(a, address), 2000);
  });
});

describe("an address that follows a name", () => {
  test("is kept for the name on its node, and comes to the node that asks when the container is gone", () => {
    const { rig, a, b } = two();
    a.member.need([{ subnet: 0, sticky: "web/0" }]);
    rig.until("the name has one", () => a.picture?.sticky?.["web/0"] !== undefined, 2000);
    const [address = ""] = a.picture?.sticky?.["web/0"] ?? [];
    expect(rig.record("sticky/web%2F0")).toMatchObject({ addresses: [address], epoch: 1 });
    expect(a.add("web/0")).toBe(address);
    b.member.need([{ subnet: 0, sticky: "web/0" }]);
    rig.until("it is refused", () => refusal(b) === `${address} is in use on node a`, 2000);
    a.del(address);
    b.member.need([{ subnet: 0, sticky: "web/0" }]);
    rig.until(
      "b has it",
      () => b.picture?.sticky?.["web/0"]?.[0] === address && has(b, address),
      2000,
    );
    expect(a.picture?.sticky).toEqual({});
    expect(has(a, address)).toBe(false);
    expect(b.add("web/0")).toBe(address);
  });

  test("may have a name that objects of the language know, too", () => {
    const { rig, a } = two();
    for (const sticky of ["db", "constructor"]) {
      a.member.need([{ subnet: 0, sticky }]);
      rig.until(`${sticky} has one`, () => rig.record(`sticky/${sticky}`) !== undefined, 2000);
    }
    expect(a.reports("failed")).toEqual([]);
    expect(a.add("constructor")).toBe(rig.record("sticky/constructor")?.addresses[0]);
  });

  test("waits for the quarantine where its node is dead", () => {
    const { rig, a, b } = two();
    a.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until("the name has one", () => rig.record("sticky/db") !== undefined, 2000);
    const [address = ""] = rig.record("sticky/db")?.addresses ?? [];
    a.kill();
    rig.wait(20_000);
    b.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until("it is refused", () => /was on node a, which is dead/u.test(refusal(b) ?? ""), 2000);
    rig.wait(200_000);
    b.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until(
      "b has it",
      () => b.picture?.sticky?.["db"]?.[0] === address && has(b, address),
      3000,
    );
  });

  test("is freed by an administrator: the name gets another one, and the address is like any other", async () => {
    const { rig, a, b } = two();
    a.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until("the name has one", () => rig.record("sticky/db") !== undefined, 2000);
    const [address = ""] = rig.record("sticky/db")?.addresses ?? [];
    const store = new DirectStore(rig.engine);
    expect((await releaseName(store, "pods", "db")).addresses).toEqual([address]);
    rig.until("a has learned of it", () => Object.keys(a.picture?.sticky ?? {}).length === 0);
    expect(rig.keys("to/")).toEqual([]);
    expect(has(a, address)).toBe(true);
    b.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until("the name begins anew", () => rig.record("sticky/db") !== undefined, 2000);
    expect(has(b, rig.record("sticky/db")?.addresses[0] ?? "")).toBe(true);
    expect(await releaseName(store, "pods", "x").catch((error: unknown) => error)).toEqual(
      new NotDone("no address follows the name x"),
    );
  });

  test("is freed with its node, also where a quarantine is never over", async () => {
    const rig = new Rig();
    const config = { quarantineMs: undefined };
    const [a, b] = [rig.start("a", { config }), rig.start("b", { config })];
    rig.until("both serve", () => a.held().length > 0 && b.held().length > 0);
    a.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until("the name has one", () => rig.record("sticky/db") !== undefined, 2000);
    a.kill();
    rig.wait(20_000);
    b.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until("it is refused", () => /was on node a, which is dead/u.test(refusal(b) ?? ""), 2000);
    await forgetNode(new DirectStore(rig.engine), "pods", "a");
    expect(rig.record("sticky/db")).toBeUndefined();
    b.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until("b has an address for it", () => b.picture?.sticky?.["db"] !== undefined, 3000);
    a.start();
    rig.until("a serves again", () => a.held().length > 0, 20_000);
    expect(rig.record("sticky/db")).toMatchObject({ addresses: b.picture?.sticky?.["db"] ?? [] });
  });

  test("is the same after a restart, and given back never while the name has it", () => {
    const { rig, a } = two();
    a.member.need([{ subnet: 0, sticky: "db" }]);
    rig.until("the name has one", () => rig.record("sticky/db") !== undefined, 2000);
    const before = a.picture?.sticky;
    a.kill();
    a.start();
    rig.wait(200_000);
    expect(a.picture?.sticky).toEqual(before ?? {});
    expect(has(a, before?.["db"]?.[0] ?? "")).toBe(true);
  });
});
