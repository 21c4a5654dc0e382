import { expect, test } from "bun:test";
import { defined, entryOf, errnoName, errorText, excerpt, printable, quoted } from "./index.ts";

test("a thrown value says something, whatever it is", () => {
  expect(errorText(new Error("no"))).toBe("no");
  expect(errorText("no")).toBe("no");
  expect(errorText(undefined)).toBe("undefined");
  expect(errorText(new RangeError(""))).toBe("RangeError");
  expect(errorText({ code: 5, msg: "no" })).toBe('{"code":5,"msg":"no"}');
  expect(errorText(Object.create(null))).toBe("{}");
  expect(errorText({ size: 1n })).toBe("an object");
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

test("case R6: a text for people has nothing that is not to be seen, or that a terminal acts upon", () => {
  expect(printable("\ufeff{}")).toBe("\\ufeff{}");
  expect(printable("a\0b\x1b[31m\x7f\x9b\r")).toBe("a\\u0000b\\u001b[31m\\u007f\\u009b\\u000d");
  expect(printable("\u202eevil\u2028\ud800\u{e0001}")).toBe("\\u202eevil\\u2028\\ud800\\u{e0001}");
});

test("other text stays what it is, its lines too, and so does one with escapes", () => {
  for (const text of ["", "plain", "two\n\tlines", "äß漢字😀", printable("\0"), "C:\\u0000"]) {
    expect(printable(text)).toBe(text);
  }
});

test("of a text that a stranger made long, a message has the beginning", () => {
  expect([excerpt("db"), quoted('d"b')]).toEqual(["db", '"d\\"b"']);
  expect(excerpt("x".repeat(5000))).toBe(`${"x".repeat(80)}…`);
  expect(quoted("\n".repeat(5000)).length).toBeLessThan(200);
});

test("a table is asked for its own names alone", () => {
  const table = { a: 0, b: 1 };
  expect(entryOf(table, "a")).toBe(0);
  expect(() => entryOf(table, "toString" as "a")).toThrow('"toString" is none of a, b');
  expect(() => entryOf(table, "c" as "a", "the letters")).toThrow(
    '"c" is none of the letters a, b',
  );
});
