import { expect, test } from "bun:test";
import { familyNumber, listFamilies } from "./family.ts";

test("what is neither 4 nor 6 is not taken for 6", () => {
  expect([familyNumber(4), familyNumber(6)]).toEqual([2, 10]);
  expect(() => familyNumber("4" as never)).toThrow('"4" is no family: 4 or 6');
});

test("lists of both families are joined, however long they are", () => {
  const long = new Array<number>(1_000_000).fill(0);
  expect(listFamilies(undefined, {}, () => long)).toHaveLength(2_000_000);
});

test("where the first is wanted, the second family is asked when the first has none", () => {
  const asked: number[] = [];
  const list = (family: 4 | 6, found: number): number[] => {
    asked.push(family);
    return new Array<number>(found).fill(family);
  };
  const first = { first: true };
  expect(listFamilies(undefined, first, (family) => list(family, 1))).toEqual([4]);
  expect(listFamilies(undefined, first, (family) => list(family, family === 4 ? 0 : 1))).toEqual([
    6,
  ]);
  expect(asked).toEqual([4, 4, 6]);
});
