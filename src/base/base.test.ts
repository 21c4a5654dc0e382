import { expect, test } from "bun:test";
import { defined, errnoName, errorText } from "./index.ts";

test("a thrown value says something, whatever it is", () => {
  expect(errorText(new Error("no"))).toBe("no");
  expect(errorText("no")).toBe("no");
  expect(errorText(undefined)).toBe("undefined");
});

test("a system error has the name of its errno, others have none", () => {
  expect(errnoName(Object.assign(new Error("open"), { code: "ENOENT" }))).toBe("ENOENT");
  expect(errnoName(Object.assign(new Error("open"), { code: 7 }))).toBe("");
  expect(errnoName(new Error("open"))).toBe("");
  expect(errnoName("ENOENT")).toBe("");
});

test("keys without a value are left out, those with a false one are kept", () => {
  expect(Object.entries(defined({ a: undefined, b: 0, c: "", d: false, e: null }))).toEqual([
    ["b", 0],
    ["c", ""],
    ["d", false],
    ["e", null],
  ]);
});
