import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../spec/index.ts";
import { canonical, compare, type Ending } from "./compare.ts";

function added(stdout: JsonObject, netns: string): Ending {
  return { exitCode: 0, stdout, netns, code: undefined, msg: undefined };
}

function result(mac: string, link: string, netns: string, address = "10.1.0.2/16"): JsonObject {
  return {
    cniVersion: "1.0.0",
    interfaces: [
      { name: link, mac },
      { name: "eth0", mac: "aa:bb:cc:dd:ee:ff", sandbox: netns },
    ],
    ips: [{ address, gateway: "10.1.0.1", interface: 1 }],
    dns: {},
  };
}

test("MACs, made-up names and the namespace may differ, and the order of keys", () => {
  const recorded = added(
    result("02:00:00:00:00:01", "veth7a8753e1", "/run/netns/a"),
    "/run/netns/a",
  );
  const now = added(result("02:00:00:00:00:02", "veth00ff00ff", "/run/netns/b"), "/run/netns/b");
  expect(compare(recorded, now)).toMatchObject({ differences: [], notes: [] });
});

test("another address of the subnet is a note, one of another subnet a difference", () => {
  const of = (address: string): Ending =>
    added(result("02:00:00:00:00:01", "cni0", "/n", address), "/n");
  expect(compare(of("10.1.0.57/16"), of("10.1.0.2/16"))).toMatchObject({
    differences: [],
    notes: ["result: ips[0].address is 10.1.0.2/16, another one of the subnet of 10.1.0.57/16"],
  });
  for (const other of ["10.2.0.2/16", "10.1.0.2/24", "fd00::2/16", "10.1.0.2"]) {
    expect(compare(of("10.1.0.57/16"), of(other)).differences).toEqual([
      { what: "result: ips[0].address", recorded: "10.1.0.57/16", now: other },
    ]);
  }
});

describe("what a plugin answers otherwise is a difference", () => {
  const before = result("02:00:00:00:00:01", "cni0", "/n");
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{ ...before, ips: [] }, "result: ips"],
    [{ ...before, cniVersion: "1.1.0" }, "result: cniVersion"],
    [{ ...before, routes: [{ dst: "0.0.0.0/0" }] }, "result: routes"],
    [{ ...before, interfaces: [{ name: "cni1" }] }, "result: interfaces[0].name"],
  ];
  test.each(cases)("%j", (after, what) => {
    const { differences } = compare(added(before, "/n"), added(after, "/n"));
    expect(differences.map((each) => each.what)).toContain(what);
  });
});

test("of two failures the code counts, and the words are a note", () => {
  const failed = (code: number, msg: string): Ending => {
    return { exitCode: 1, stdout: { code, msg }, code, msg, netns: "" };
  };
  expect(compare(failed(7, "no"), failed(7, "nay"))).toMatchObject({
    differences: [],
    notes: ["it says: nay"],
  });
  expect(compare(failed(7, "no"), failed(4, "no")).differences).toEqual([
    { what: "error code", recorded: "7", now: "4" },
  ]);
  expect(compare(failed(7, "no"), added({}, ""))).toMatchObject({
    differences: [{ what: "exit code", recorded: "1", now: "0" }],
    notes: ["it said: no"],
  });
  expect(compare(added({}, ""), failed(7, "no")).notes).toEqual(["it says: no"]);
});

test("differences are bounded in number and length", () => {
  const long = "x".repeat(10_000);
  const list = (text: string): JsonObject => ({
    ips: Array.from({ length: 500 }, () => text + long),
  });
  const { differences } = compare(added(list("a"), ""), added(list("b"), ""));
  expect(differences).toHaveLength(32);
  expect(JSON.stringify(differences).length).toBeLessThan(20_000);
});

test("results that say the same have one text", () => {
  expect(canonical({ b: [], a: { y: "", x: 1 }, cniVersion: "1.0.0" })).toBe(
    canonical({ cniVersion: "0.4.0", a: { x: 1 }, dns: {} }),
  );
  expect(canonical({ a: 1 })).not.toBe(canonical({ a: 2 }));
});
