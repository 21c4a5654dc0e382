import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isObject, JsonDocument, type JsonObject, type JsonValue, parseJson } from "./index.ts";

describe("a JSON document", () => {
  test("of a text keeps it to the byte, and parses it once", () => {
    const text = ' {"a": 1.0, "b":12345678901234567890}\n';
    const document = JsonDocument.ofText(text);
    expect(document.value).toEqual(parseJson(text));
    expect(document.value).toBe(document.value);
    expect([document.text, String(document)]).toEqual([text, text]);
  });

  test("of a value prints it as it was when it was handed over, numbers to the digit", () => {
    const value = parseJson('{"one":1.0,"list":[{"x":1}]}') as JsonObject;
    const document = JsonDocument.ofValue(value);
    value["more"] = true;
    (value["list"] as JsonValue[]).push(2);
    expect(document.text).toBe('{"one":1.0,"list":[{"x":1}]}');
    expect(Object.isFrozen(value)).toBe(false);
  });

  test("cannot be changed at any depth, wherever it comes from", () => {
    const text = '{"a":{"b":[{"c":1}]},"n":1.0}';
    for (const document of [JsonDocument.ofText(text), JsonDocument.ofValue(parseJson(text))]) {
      const { value } = document;
      if (!isObject(value)) throw new Error("no object");
      const b = (value["a"] as JsonObject)["b"] as JsonObject[];
      for (const change of [
        () => Object.assign(value, { a: 2 }),
        () => b.push({}),
        () => Object.assign(b[0] ?? {}, { c: 2 }),
        () => Object.assign(value["n"] as object, { value: "2" }),
      ]) {
        expect(change).toThrow(TypeError);
      }
      expect(document.text).toBe(text);
    }
  });

  test("stays itself where a document or a text is taken", () => {
    const document = JsonDocument.ofText("[]");
    expect(JsonDocument.from(document)).toBe(document);
    expect(JsonDocument.from("[]").value).toEqual([]);
    expect(JsonDocument.from("null").value).toBeNull();
  });

  test("that is no JSON says so when its value is asked for, each time", () => {
    const document = JsonDocument.ofText('{"a"');
    for (const _ of [1, 2]) expect(() => document.value).toThrow("line 1:5: ");
    expect(document.text).toBe('{"a"');
  });

  test("leaves out what has no JSON form, as printing does", () => {
    const loose = { a: undefined, list: [undefined, 1] } as unknown as JsonValue;
    expect(JsonDocument.ofValue(loose).value).toEqual({ list: [null, 1] });
  });

  test("has the value that reading its text would give", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const document = JsonDocument.ofValue(parseJson(text));
        expect(document.value).toEqual(parseJson(document.text));
      }),
    );
  });
});
