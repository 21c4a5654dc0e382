import { expect, test } from "bun:test";
import { parseJson } from "../../spec/index.ts";
import { duplicateSysctl } from "./duplicates.ts";

const duplicateIn = (text: string): string | undefined => duplicateSysctl(text, parseJson(text));

test("730: a key that stands twice in sysctl is found, also when it is written in another way", () => {
  expect(duplicateIn('{"sysctl": {"net.a": "1", "net.b": "2", "net.a": "3"}}')).toBe("net.a");
  expect(duplicateIn('{"sysctl": {"net.a": "1", "net.\\u0061": "3"}}')).toBe("net.a");
  expect(duplicateIn('{"SysCtl":{"x":"","x":""}}')).toBe("x");
});

test("730: a key that stands twice in the arguments is found", () => {
  expect(duplicateIn('{"args":{"cni":{"sysctl":{"a":"1","a":"2"}}}}')).toBe("a");
});

test("equal keys elsewhere, or in different objects, are no duplicates", () => {
  const texts = [
    '{"sysctl":{"a":"1"},"args":{"cni":{"sysctl":{"a":"2"}}}}',
    '{"other":{"sysctl":{"a":"1","a":"2"}}}',
    '{"name":"a","name":"b","sysctl":{"a":"{\\"a\\":1,","b":"}"}}',
    '[{"sysctl":{"a":"1","a":"1"}}]',
    '{"prevResult":{"x":[{"a":1},{"a":1}]},"sysctl":{"a":"[","b":"]"}}',
    "{}",
  ];
  expect(texts.map(duplicateIn)).toEqual(texts.map(() => undefined));
});
