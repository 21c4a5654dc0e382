import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Ip } from "../../addr/index.ts";
import { firstFree } from "./choose.ts";
import { capacity, parseRangeSets, type RangeSet, type RangeSpec } from "./range.ts";

function set(...specs: RangeSpec[]): RangeSet {
  return parseRangeSets([specs])[0] ?? [];
}

function choose(pool: RangeSet, last?: string, taken: readonly string[] = []): string | undefined {
  const from = last === undefined ? undefined : Ip.parse(last);
  return firstFree(pool, from, (ip) => taken.includes(ip))?.ip.toString();
}

const small = set({ subnet: "10.1.0.0/29" });

test("the first address is the one after the gateway", () => {
  expect(choose(small)).toBe("10.1.0.2");
});

test("the search goes on behind the last address and around", () => {
  expect(choose(small, "10.1.0.3")).toBe("10.1.0.4");
  expect(choose(small, "10.1.0.6")).toBe("10.1.0.2");
  expect(choose(small, "10.1.0.4", ["10.1.0.5", "10.1.0.6", "10.1.0.2"])).toBe("10.1.0.3");
});

test("the last address itself is found again when all others are taken", () => {
  expect(choose(small, "10.1.0.4", ["10.1.0.5", "10.1.0.6", "10.1.0.2", "10.1.0.3"])).toBe(
    "10.1.0.4",
  );
});

test("a last address that is not in the set does not matter", () => {
  expect(choose(small, "10.9.0.4")).toBe("10.1.0.2");
  expect(choose(small, "fd00::1")).toBe("10.1.0.2");
});

const two = set(
  { subnet: "10.1.0.0/29", rangeEnd: "10.1.0.3" },
  { subnet: "10.2.0.0/29", rangeEnd: "10.2.0.3" },
);

test("594: with several ranges the search ends, also when the last address is a range's end", () => {
  const all = ["10.1.0.2", "10.1.0.3", "10.2.0.2", "10.2.0.3"];
  for (const last of [undefined, ...all]) expect(choose(two, last, all)).toBeUndefined();
  expect(choose(two, "10.1.0.3")).toBe("10.2.0.2");
  expect(choose(two, "10.2.0.3")).toBe("10.1.0.2");
});

test("596: each range's own gateway is passed over, those of others are not", () => {
  const pool = set(
    { subnet: "10.1.0.0/29", rangeStart: "10.1.0.2", rangeEnd: "10.1.0.2", gateway: "10.1.0.2" },
    { subnet: "10.1.0.0/29", rangeStart: "10.1.0.3", rangeEnd: "10.1.0.3" },
  );
  expect(choose(pool)).toBe("10.1.0.3");
});

test("a huge range costs nothing", () => {
  const pool = set({ subnet: "fd00::/8" });
  const last = Ip.parse("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  let looks = 0;
  const found = firstFree(pool, last, () => {
    looks += 1;
    return false;
  });
  expect(found?.ip.toString()).toBe("fd00::2");
  expect(looks).toBe(1);
});

const offset = fc.integer({ min: 0, max: 7 });

test("every free address is found, each exactly once, from any start", () => {
  fc.assert(
    fc.property(offset, offset, fc.option(fc.integer({ min: 0, max: 20 })), (a, b, last) => {
      const pool = set(
        {
          subnet: "10.1.0.0/29",
          rangeStart: `10.1.0.${Math.min(a, b)}`,
          rangeEnd: `10.1.0.${Math.max(a, b)}`,
        },
        { subnet: "10.1.0.8/29" },
      );
      const found: string[] = [];
      let from = last === null ? undefined : `10.1.0.${last}`;
      for (let next = choose(pool, from); next !== undefined; next = choose(pool, from, found)) {
        expect(found).not.toContain(next);
        found.push(next);
        from = next;
      }
      expect(BigInt(found.length)).toBe(capacity(pool));
    }),
  );
});

describe("exclusions", () => {
  const excluding = (spec: RangeSpec, ...exclude: string[]): RangeSet =>
    parseRangeSets([[spec]], exclude)[0] ?? [];

  test("addresses, spans and subnets are passed over", () => {
    const pool = excluding(
      { subnet: "10.1.0.0/24" },
      "10.1.0.2",
      "10.1.0.3-10.1.0.9",
      "10.1.0.8/29",
    );
    expect(choose(pool)).toBe("10.1.0.16");
    expect(choose(pool, "10.1.0.254")).toBe("10.1.0.16");
  });

  test("a span as large as most of an IPv6 subnet takes no time", () => {
    const pool = excluding(
      { subnet: "fd00::/64" },
      "fd00::/65",
      "fd00::8000:0:0:1-fd00::8000:0:0:9",
    );
    expect(choose(pool)).toBe("fd00::8000:0:0:0");
    expect(choose(pool, "fd00::8000:0:0:0")).toBe("fd00::8000:0:0:a");
  });

  test("what lies outside of the set, or of another family, does not matter", () => {
    const pool = excluding(
      { subnet: "10.1.0.0/29" },
      "10.9.0.0/16",
      "fd00::/64",
      "10.0.0.0-10.1.0.2",
    );
    expect(choose(pool)).toBe("10.1.0.3");
    expect(capacity(pool)).toBe(4n);
  });

  test("nothing is left when all is excluded", () => {
    const pool = excluding({ subnet: "10.1.0.0/29" }, "10.1.0.0/28");
    expect([choose(pool), capacity(pool)]).toEqual([undefined, 0n]);
  });

  test.each([
    "",
    "x",
    "10.1.0.9-10.1.0.2",
    "10.1.0.1-fd00::1",
    "10.1.0.1-10.1.0.2-10.1.0.3",
    "/24",
  ])("%p is no exclusion", (entry) => {
    expect(() => excluding({ subnet: "10.1.0.0/24" }, entry)).toThrow("cannot understand exclude");
  });
});
