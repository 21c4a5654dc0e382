import { describe, expect, test } from "bun:test";

import { unsupportedField } from "./config/index.ts";
import { CniError, ErrorCode, isPluginCode } from "./errors.ts";
import { parseJson } from "./json/index.ts";
import { checkNetworkName } from "./parameters/index.ts";

describe("errors", () => {
  test("the codes are those of the specification", () => {
    expect(Object.values(ErrorCode)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 50, 51, 999]);
  });

  test("R125 the text is the message, then the details", () => {
    const printed = parseJson('{"cniVersion":"1.1.0","code":11,"msg":"again","details":"dd"}');
    const error = CniError.fromJson(printed);
    expect([error.code, error.message]).toEqual([11, "again; dd"]);
    expect(new CniError(7, "bad", { details: "" }).message).toBe("bad");
  });

  test("R36 D4 the error object has the version when given and needs none to be read", () => {
    const error = new CniError(7, "bad", { details: "why" });
    expect(error.toJson("1.0.0")).toEqual({
      cniVersion: "1.0.0",
      code: 7,
      msg: "bad",
      details: "why",
    });
    expect(new CniError(7, "bad").toJson()).toEqual({ code: 7, msg: "bad" });
    expect(CniError.fromJson({ Code: 7, MSG: "bad" })).toMatchObject({ code: 7, msg: "bad" });
    expect(CniError.fromJson({})).toMatchObject({ code: 0, msg: "" });
  });

  test.each([
    '{"code":"x","msg":"m"}',
    '{"code":1.5}',
    '{"code":-1}',
    '{"code":1,"msg":3}',
    "[]",
    "7",
  ])("R36 %s is no error object", (text) => {
    expect(() => CniError.fromJson(parseJson(text))).toThrow(CniError);
  });

  test("a typed error is found in the chain of causes, anything else is internal", () => {
    const typed = new CniError(11, "again");
    expect(CniError.from(typed)).toBe(typed);
    expect(CniError.from(new Error("outer", { cause: new Error("x", { cause: typed }) }))).toBe(
      typed,
    );
    expect(CniError.from(new Error("plain"))).toMatchObject({ code: 999, msg: "plain" });
    expect(CniError.from("text")).toMatchObject({ code: 999, msg: "text" });
    const system = (code: string): Error => Object.assign(new Error(`write: ${code}`), { code });
    expect(CniError.from(system("EROFS"))).toMatchObject({ code: 5, msg: "write: EROFS" });
    expect(CniError.from(system("ENOBUFS"))).toMatchObject({ code: 11, msg: "write: ENOBUFS" });
    expect(CniError.from(system("ERR_INVALID_ARG"))).toMatchObject({ code: 999 });
    const loop = new Error("loop");
    loop.cause = loop;
    expect(CniError.from(loop).msg).toBe("loop");
  });

  test("R37 plugins own the codes from 100 on", () => {
    expect([99, 100, 7, 1000, 100.5].map(isPluginCode)).toEqual([false, true, false, true, false]);
  });

  test("R20 an unsupported field is named with its value", () => {
    const error = unsupportedField("foo", { a: 1 });
    expect(error.code).toBe(2);
    expect(error.msg).toContain('foo: {"a":1}');
  });
});

test("case R6, kind: no error has a control character, wherever its text is from", () => {
  const error = new CniError(7, "\x1b[31mred", { details: "a\0", advice: "\ufefftry" });
  expect(error).toMatchObject({ msg: "\\u001b[31mred", details: "a\\u0000", advice: "\\ufefftry" });
  expect(error.message).toBe("\\u001b[31mred; a\\u0000");
  const theirs = CniError.fromJson({ code: 100, msg: "\x9b2J", details: "\u202e" });
  expect(theirs.toJson()).toEqual({ code: 100, msg: "\\u009b2J", details: "\\u202e" });
  expect(CniError.from(new Error("\x07")).msg).toBe("\\u0007");
});

test("case R6: a byte order mark, a NUL, an escape character in a configuration are named", () => {
  const told = (text: string): string => {
    try {
      parseJson(text);
      return "";
    } catch (error) {
      return CniError.from(error).msg;
    }
  };
  expect(told("\ufeff{}")).toBe(
    "line 1:1: the text begins with a byte order mark, which JSON does not know",
  );
  expect(told('{"a":"\0"}')).toContain("\\u0000");
  expect(told("{\x1b}")).toContain("\\u001b");
  expect(() => checkNetworkName("n\x1b[2J")).toThrow("n\\u001b[2J");
});
