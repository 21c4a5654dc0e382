import { expect, test } from "bun:test";
import fc from "fast-check";
import { Ip, Prefix } from "../addr/index.ts";
import { isUsable, withoutOverlaps } from "./addresses.ts";

test("addresses of no single machine are not usable", () => {
  for (const bad of [
    "0.0.0.0",
    "127.0.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "ff02::1",
  ]) {
    expect([bad, isUsable(Ip.parse(bad))]).toEqual([bad, false]);
  }
  expect(isUsable(Ip.parse("fe80::1"))).toBe(false);
  for (const good of ["192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1"]) {
    expect([good, isUsable(Ip.parse(good))]).toEqual([good, true]);
  }
});

const prefix = fc
  .tuple(fc.nat({ max: 255 }), fc.integer({ min: 24, max: 32 }), fc.constantFrom(4, 6))
  .map(([last, length, family]) => {
    const text =
      family === 4 ? `10.0.0.${last}/${length}` : `fd00::${last.toString(16)}/${length + 96}`;
    return Prefix.parse(text).network();
  });
const owned = fc.array(fc.record({ node: fc.constantFrom("a", "b", "c"), prefix }), {
  maxLength: 12,
});

test("what is kept never overlaps, and what is refused overlaps something that is kept", () => {
  fc.assert(
    fc.property(owned, (all) => {
      // One node says each of its prefixes once.
      const unique = [
        ...new Map(all.map((each) => [`${each.node} ${each.prefix}`, each])).values(),
      ];
      const { has, refused } = withoutOverlaps(unique);
      const kept = unique.filter(({ node, prefix: one }) => has(node, one));
      expect(kept.length + refused.length).toBe(unique.length);
      for (const [at, one] of kept.entries()) {
        for (const other of kept.slice(at + 1)) {
          expect(one.prefix.overlaps(other.prefix)).toBe(false);
        }
      }
      for (const { prefix: bad, by } of refused) {
        const holders = kept.filter((each) => each.prefix.overlaps(bad));
        expect(holders.some(({ node }) => node === by)).toBe(true);
        // The smaller one stays.
        for (const { prefix: good } of holders) {
          expect(good.length).toBeGreaterThanOrEqual(bad.length);
        }
      }
    }),
  );
});

test("a claim of everything takes nothing from the others; of equal ones the first node's stays", () => {
  const all = [
    { node: "z", prefix: Prefix.parse("10.0.0.0/8") },
    { node: "b", prefix: Prefix.parse("10.1.0.0/16") },
    { node: "a", prefix: Prefix.parse("10.1.0.0/16") },
    { node: "c", prefix: Prefix.parse("10.2.0.0/16") },
  ];
  const { refused } = withoutOverlaps(all);
  expect(refused.map(({ node, by }) => `${node} ${by}`).toSorted()).toEqual(["b a", "z a"]);
});
