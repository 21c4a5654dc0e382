import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { AddressRunForm, RangeForm, RangeMapForm } from "../../forms/index.ts";
import { cellSign, cellText, useOf } from "./cell-words.ts";
import { blockAround, blockOf, type Cell, cellsOf, fullness, isFoldable } from "./fold.ts";

function mapOf(
  range: Pick<RangeForm, "subnet" | "first" | "last" | "gateway">,
  runs: readonly AddressRunForm[],
): RangeMapForm {
  const rest = { network: "n", directory: "/d", set: 0, size: 0, excluded: 0, inUse: 0, free: 0 };
  return {
    range: { ...rest, requested: 0, percent: 0, leaked: [], overlaps: [], ...range },
    ...{ runs, more: false },
  };
}

const SMALL = {
  subnet: "10.1.0.0/24",
  first: "10.1.0.10",
  last: "10.1.0.254",
  gateway: "10.1.0.1",
};
const WIDE = {
  subnet: "10.2.0.0/16",
  first: "10.2.0.2",
  last: "10.2.255.254",
  gateway: "10.2.0.1",
};

function uses(cells: readonly Cell[]): string[] {
  return cells.map(useOf);
}

describe("a /24", () => {
  const runs: AddressRunForm[] = [
    { first: "10.1.0.1", last: "10.1.0.1", use: "gateway" },
    { first: "10.1.0.10", last: "10.1.0.10", use: "in use", containerId: "c1", pod: "default/web" },
    { first: "10.1.0.20", last: "10.1.0.22", use: "excluded" },
    { first: "10.1.0.30", last: "10.1.0.30", use: "leaked", containerId: "ab".repeat(32) },
  ];
  const cells = cellsOf(mapOf(SMALL, runs), SMALL.subnet);

  test("is a cell for each address; its ends, the gateway aside, are not of the range", () => {
    expect(cells).toHaveLength(256);
    expect(uses(cells.slice(0, 12))).toEqual([
      ...["outside", "gateway", ...Array<string>(8).fill("outside")],
      ...["in use", "free"],
    ]);
    expect(uses(cells.slice(19, 24))).toEqual(["free", "excluded", "excluded", "excluded", "free"]);
    expect(useOf(cells[255] as Cell)).toBe("outside");
  });

  test("says of each address what it is for", () => {
    const texts = [10, 11, 20, 30, 0].map((at) => cellText(cells[at] as Cell));
    expect(texts).toEqual([
      "10.1.0.10: in use, default/web",
      "10.1.0.11: free",
      "10.1.0.20: excluded",
      "10.1.0.30: leaked, abababababab",
      "10.1.0.0: not of the range",
    ]);
    expect([1, 10, 20, 30].map((at) => cellSign(cells[at] as Cell))).toEqual(["g", "", "×", "!"]);
  });
});

describe("a /16", () => {
  const runs: AddressRunForm[] = [
    { first: "10.2.0.1", last: "10.2.0.1", use: "gateway" },
    { first: "10.2.3.128", last: "10.2.5.63", use: "in use" },
    { first: "10.2.5.64", last: "10.2.5.64", use: "leaked" },
  ];
  const map = mapOf(WIDE, runs);
  const cells = cellsOf(map, WIDE.subnet);

  test("is a cell for each /24, which says how full it is", () => {
    expect(cells).toHaveLength(256);
    expect(cells.slice(2, 7).map((cell) => Math.round(fullness(cell)))).toEqual([
      0, 50, 100, 25, 0,
    ]);
    expect(cells.slice(2, 7).map(cellSign)).toEqual(["", "50", "100", "!", ""]);
    expect(cellText(cells[5] as Cell)).toBe(
      "10.2.5.0/24: 25 % full; 1 leaked, 64 in use, 191 free",
    );
  });

  test("opens to the addresses of one, and leads back", () => {
    const block = blockOf(cells[5] as Cell);
    expect(block).toBe("10.2.5.0/24");
    expect(uses(cellsOf(map, block)).slice(62, 67)).toEqual([
      ...["in use", "in use", "leaked", "free", "free"],
    ]);
    expect(blockAround(block, WIDE.subnet)).toBe("10.2.0.0/16");
    expect(blockAround(WIDE.subnet, WIDE.subnet)).toBeUndefined();
  });
});

test("a /8 is folded twice, a /28 not at all", () => {
  const range = {
    subnet: "10.0.0.0/8",
    first: "10.0.0.1",
    last: "10.255.255.254",
    gateway: "10.0.0.1",
  };
  const map = mapOf(range, [{ first: "10.7.8.9", last: "10.7.8.9", use: "in use" }]);
  const outer = cellsOf(map, "10.0.0.0/8");
  expect([outer.length, blockOf(outer[7] as Cell)]).toEqual([256, "10.7.0.0/16"]);
  const inner = cellsOf(map, "10.7.0.0/16");
  expect(blockOf(inner[8] as Cell)).toBe("10.7.8.0/24");
  expect(useOf(cellsOf(map, "10.7.8.0/24")[9] as Cell)).toBe("in use");
  expect(cellsOf(map, "10.7.8.0/28")).toHaveLength(16);
});

test("what is too wide, or no block, is not drawn as cells", () => {
  expect(isFoldable("10.0.0.0/8")).toBe(true);
  expect(isFoldable("fd00::/120")).toBe(true);
  expect(isFoldable("fd00::/64")).toBe(false);
  expect(isFoldable("x")).toBe(false);
  expect(cellsOf(mapOf(SMALL, []), "x")).toEqual([]);
  expect(cellsOf(mapOf({ ...SMALL, subnet: "fd00::/64" }, []), "fd00::/64")).toEqual([]);
});

test("each address is counted once, whatever the runs and the prefix", () => {
  const length = fc.integer({ min: 16, max: 32 });
  const ends = fc.uniqueArray(fc.integer({ min: 0, max: 65_535 }), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(length, ends, (bits, numbers) => {
      const sorted = numbers.sort((one, other) => one - other);
      const text = (number: number): string => `10.2.${number >> 8}.${number & 255}`;
      const runs = Array.from({ length: Math.floor(sorted.length / 2) }, (_, at) => ({
        first: text(sorted[at * 2] ?? 0),
        last: text(sorted[at * 2 + 1] ?? 0),
        use: "in use" as const,
      }));
      const cells = cellsOf(mapOf(WIDE, runs), `10.2.0.0/${bits}`);
      const size = 2 ** (32 - bits);
      const sum = cells.reduce((all, { counts }) => {
        return all + Object.values(counts).reduce((one, other) => one + other, 0);
      }, 0);
      const wanted = sorted.reduce((all, end, at) => {
        return at % 2 === 0
          ? all
          : all + Math.max(0, Math.min(size - 1, end) - (sorted[at - 1] ?? 0) + 1);
      }, 0);
      expect(cells.reduce((all, { counts }) => all + counts["in use"], 0)).toBe(wanted);
      // The ends of the range may be in use as well, by a hand of its own.
      expect(sum).toBeGreaterThanOrEqual(size);
      expect(sum).toBeLessThanOrEqual(size + 2);
    }),
  );
});
