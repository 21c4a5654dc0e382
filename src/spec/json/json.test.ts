import { describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";

import { CniError } from "../errors.ts";
import {
  field,
  isNumber,
  isObject,
  JsonDocument,
  type JsonValue,
  LosslessNumber,
  numberOf,
  parseJson,
  parseJsonWithComments,
  printJson,
  setField,
  wholeDigitsOf,
  wholeNumberOf,
} from "./index.ts";

function failure(run: () => unknown): CniError {
  try {
    run();
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("lossless JSON", () => {
  test("D5 numbers keep their text", () => {
    const text =
      '{"a":12345678901234567890,"b":1.0,"c":1e400,"d":-0,"e":[1E5,0.10,1e-7],"f":42,"g":-1.5}';
    expect(printJson(parseJson(text))).toBe(text);
  });

  test("ordinary numbers are plain numbers, the others lossless ones", () => {
    expect(parseJson("[1, -2.5, 0, 1e21]")).toEqual([1, -2.5, 0, new LosslessNumber("1e21")]);
    expect(parseJson("9007199254740991")).toBe(9007199254740991);
    expect(parseJson("9007199254740993")).toEqual(new LosslessNumber("9007199254740993"));
  });

  test("of duplicate keys the last one wins", () => {
    expect(parseJson('{"a":1,"b":0,"a":{"x":2},"a":3}')).toEqual({ a: 3, b: 0 });
  });

  test("__proto__ is an ordinary key", () => {
    const value = parseJson('{"__proto__":{"polluted":true},"constructor":1,"toString":2}');
    expect(isObject(value) && Object.keys(value)).toEqual(["__proto__", "constructor", "toString"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(printJson(value)).toBe('{"__proto__":{"polluted":true},"constructor":1,"toString":2}');
    expect("polluted" in {}).toBe(false);
    const object = {};
    setField(object, "__proto__", 1);
    expect(printJson(object)).toBe('{"__proto__":1}');
  });

  test("an object that claims to be a number is still an object", () => {
    const value = parseJson('{"isLosslessNumber":true,"value":"1"}');
    expect([isObject(value), isNumber(value)]).toEqual([true, false]);
    expect(printJson(value)).toBe('{"isLosslessNumber":true,"value":"1"}');
  });

  test.each([["["], ['{"a":'], ["[{}, "]])("D28 nesting %j without end is an error", (open) => {
    const error = failure(() => parseJson(open.repeat(200_000)));
    expect(error.code).toBe(6);
    expect(error.msg).toMatch(/^line 1:[0-9]+: nested deeper than 500 levels$/);
  });

  test("brackets inside strings are no nesting, and 500 levels are taken", () => {
    expect(parseJson(JSON.stringify(`"\\${"[".repeat(1000)}`))).toBe(`"\\${"[".repeat(1000)}`);
    const deep = "[".repeat(500) + "]".repeat(500);
    expect(printJson(parseJson(deep))).toBe(deep);
    expect(failure(() => parseJson("[[[]]]", { maxDepth: 2 })).code).toBe(6);
  });

  test("the caller bounds the size", () => {
    expect(parseJson("[1]", { maxLength: 3 })).toEqual([1]);
    expect(failure(() => parseJson("[1 ]", { maxLength: 3 })).msg).toBe(
      "JSON text is longer than 3 characters",
    );
  });

  test.each([
    ["", "line 1:1: "],
    ["{", "line 1:2: "],
    ['{"a": 1,\n "b": x}', "line 2:7: "],
    ['{\n\n  "a" 1}', "line 3:7: "],
    ["[1,]", "line 1:4: "],
    ["{} {}", "line 1:4: "],
    ["01", "line 1:2: "],
    ["'a'", "line 1:1: "],
    ["NaN", "line 1:1: "],
    ['"\u0001"', "line 1:2: "],
    ['"\\x"', "line 1:2: "],
    ["\ufeff{}", "line 1:1: "],
  ])("R1 %j is an error of code 6 at its place", (text, place) => {
    const error = failure(() => parseJson(text));
    expect(error.code).toBe(6);
    expect(error.msg).toStartWith(place);
    expect(error.msg).not.toContain("position");
  });

  test("comments are taken where asked for, and places stay right", () => {
    expect(parseJsonWithComments('{ // one\n "a": /* two */ "//x" }')).toEqual({ a: "//x" });
    expect(failure(() => parseJsonWithComments("/* a */ x")).msg).toStartWith("line 1:9: ");
    expect(failure(() => parseJson("// no\n{}")).code).toBe(6);
  });

  test.each([
    '{"a":[1.0]}',
    '{"a":1,"b":-0}',
    "[12345678901234567890]",
    '{\n    "a": 1.0\n}',
    '{"a":1e21}',
  ])("D5 %j keeps its numbers however it is laid out", (text) => {
    expect(printJson(parseJson(text), text.includes("\n") ? 4 : 0)).toBe(text);
  });

  test("any JSON text means the same to us as to JSON.parse", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(printJson(parseJson(text)))).toEqual(JSON.parse(text));
        expect(JSON.parse(printJson(parseJson(text), 4))).toEqual(JSON.parse(text));
      }),
    );
  });

  test("text that is no JSON for JSON.parse is none for us", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'{}[]",:1-.e0tnul \\'.split("")) }),
        (text) => {
          let valid = true;
          try {
            JSON.parse(text);
          } catch {
            valid = false;
          }
          if (valid) {
            parseJson(text);
          } else {
            expect(failure(() => parseJson(text)).code).toBe(6);
          }
        },
      ),
    );
  });
});

describe("reading fields", () => {
  test("R120 D25 the exact key wins over one that differs in case", () => {
    const object = { IPS: 1, ips: 2, Ips: 3 };
    expect([field(object, "ips"), field(object, "IPS"), field(object, "iPS")]).toEqual([2, 1, 3]);
    expect(field({ CNIVersion: "1.1.0" }, "cniVersion")).toBe("1.1.0");
    expect(field({ "ip\u017f": 1, "\u212aey": 2 }, "ips")).toBe(1);
    expect(field({ "\u212aey": 2 }, "key")).toBe(2);
    expect(field({}, "toString")).toBeUndefined();
  });

  test.each([
    ["1400.0", 1400],
    ["1e+06", 1_000_000],
    ["1.5e1", 15],
    ["-20e-1", -2],
    ["-0", 0],
    ["0e999999999", 0],
    ["0.00", 0],
    ["9007199254740991.0", Number.MAX_SAFE_INTEGER],
    ["1400.5", undefined],
    ["1e400", undefined],
    ["1e-999999999", undefined],
    ["9007199254740993.0", undefined],
    ['"7"', undefined],
  ])("case P18: %s as a whole number is %p", (text, wanted) => {
    expect(wholeNumberOf(parseJson(text))).toBe(wanted as number);
  });

  test("case P18, kind: whole numbers of any size keep their digits", () => {
    expect(wholeDigitsOf(parseJson("12345678901234567890"))).toBe("12345678901234567890");
    expect(wholeDigitsOf(parseJson("1e39"))).toBe(`1${"0".repeat(39)}`);
    expect(wholeDigitsOf(parseJson("1e40"))).toBeUndefined();
    fc.assert(
      fc.property(
        fc.maxSafeInteger().filter((each) => each !== 0),
        fc.nat(10),
        (number, places) => {
          const text = `${number}${"0".repeat(places)}e-${places}`;
          expect(wholeNumberOf(parseJson(text))).toBe(number);
          expect(wholeNumberOf(parseJson(`${number}.${"0".repeat(places + 1)}`))).toBe(number);
        },
      ),
    );
  });

  test("numbers of either form have a value", () => {
    const value: JsonValue = parseJson("[1, 1.0, 1e400]");
    expect(Array.isArray(value) && value.map(numberOf)).toEqual([1, 1, Number.POSITIVE_INFINITY]);
    expect(numberOf("1")).toBeUndefined();
  });
});

describe("case S9: what is small when it is read stays so when it is printed", () => {
  const LEAVES = 100_000;
  const DEPTH = 480;
  const deep = (leaf: string): string =>
    `${"[".repeat(DEPTH)}${`${leaf},`.repeat(LEAVES)}1${"]".repeat(DEPTH)}`;

  test("case S9: D230 a deep list of many leaves is printed on one line", () => {
    const text = deep("1");
    expect(printJson(parseJson(text), 4)).toBe(text);
    expect(printJson([[1], { a: 2 }], 4)).toBe(JSON.stringify([[1], { a: 2 }], null, 4));
  });

  test("case S9, kind: numbers that keep their text are read without such a print", () => {
    const text = deep("1.0");
    using stringify = spyOn(JSON, "stringify");
    expect(printJson(parseJson(text), 4)).toBe(text);
    const indents = stringify.mock.calls.map(([, , indent]) => indent);
    expect(indents.filter((indent) => Number(indent ?? 0) > 0)).toEqual([]);
  });

  test("case S9, kind: the time to read a long list grows with its length, not with the square", () => {
    const msOf = (length: number): number => {
      const text = `[${"[1],".repeat(length)}[1]]`;
      const before = performance.now();
      const { value } = JsonDocument.ofText(text);
      expect(Array.isArray(value) && Object.isFrozen(value[0])).toBe(true);
      return performance.now() - before;
    };
    msOf(1_000);
    const [short, long] = [20_000, 400_000];
    // The square would be as many times as much again.
    expect(msOf(long) / msOf(short)).toBeLessThan((5 * long) / short);
  });
});
