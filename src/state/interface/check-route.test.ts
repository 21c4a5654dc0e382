import { expect, test } from "bun:test";
import { Ip, Prefix } from "../../addr/index.ts";
import type { route } from "../../kernel/route/index.ts";
import { routeDifference } from "./check-route.ts";

const entry = (more: Partial<route.Route> = {}): route.Route => ({
  ...{ family: 4, dst: Prefix.parse("10.9.0.0/16"), gateway: Ip.parse("10.1.0.1"), index: 2 },
  ...{ onlink: false, table: 254, scope: 0, protocol: 3, type: 1, tos: 0, flags: 0, extra: [] },
  ...more,
});
const wanted = { dst: "10.9.0.0/16", gw: "10.1.0.1" };

test("a route with the promised attributes is there", () => {
  const full = { ...wanted, priority: 77, mtu: 1300, advmss: 1200, scope: 0, table: 254 };
  const real = entry({ priority: 77, mtu: 1300, advmss: 1200 });
  expect(routeDifference(full, [real], 2)).toBeUndefined();
  expect(routeDifference({ ...full, table: 0 }, [real], 2)).toBeUndefined();
});

test("what is not promised may be anything, and another of several routes may be the one", () => {
  expect(
    routeDifference({ dst: wanted.dst }, [entry({ priority: 9, mtu: 99 })], 2),
  ).toBeUndefined();
  const several = [entry({ priority: 1 }), entry({ priority: 2 })];
  expect(routeDifference({ ...wanted, priority: 2 }, several, 2)).toBeUndefined();
});

test("a route may have moved out of the main table, but not out of one that was promised", () => {
  expect(routeDifference(wanted, [entry({ table: 100 })], 2)).toBeUndefined();
  expect(routeDifference({ ...wanted, table: 77 }, [entry({ table: 100 })], 2)).toBe(
    "is in table 100, not in 77",
  );
});

test.each([
  [{ priority: 77 }, { priority: 5 }, "has priority 5, not 77"],
  [{ mtu: 1300 }, {}, "has MTU 0, not 1300"],
  [{ advmss: 1300 }, { advmss: 1200 }, "has advmss 1200, not 1300"],
  [{ scope: 0 }, { scope: 253 }, "has scope 253, not 0"],
])("%j is not %j", (promised, real, text) => {
  expect(routeDifference({ ...wanted, ...promised }, [entry(real)], 2)).toBe(text);
});

test.each([
  ["another destination", entry({ dst: Prefix.parse("10.8.0.0/16") })],
  ["another gateway", entry({ gateway: Ip.parse("10.1.0.2") })],
  ["another link", entry({ index: 3 })],
])("%s is another route", (_, other) => {
  expect(routeDifference(wanted, [other], 2)).toBe("is missing in the container");
});

test("one hop of several counts", () => {
  const { gateway: _, index: __, ...rest } = entry();
  const hops = [
    { index: 2, gateway: Ip.parse("10.1.0.9"), weight: 1, flags: 0 },
    { index: 2, gateway: Ip.parse("10.1.0.1"), weight: 1, flags: 0 },
  ];
  const multipath = hops as unknown as NonNullable<route.Route["multipath"]>;
  expect(routeDifference(wanted, [{ ...rest, multipath }], 2)).toBeUndefined();
});

test("IPv6 has no scopes, and its metric of nothing is the kernel's", () => {
  const six = entry({ family: 6, dst: Prefix.parse("fd00::/64"), priority: 1024 });
  const promise = { dst: "fd00::/64", scope: 253, priority: 0 };
  expect(routeDifference(promise, [six], 2)).toBeUndefined();
});
