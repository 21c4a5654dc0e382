import { expect, test } from "bun:test";
import { duplicateSysctl } from "./duplicates.ts";

test("730: a key that stands twice in sysctl is found, also when it is written in another way", () => {
  expect(duplicateSysctl('{"sysctl": {"net.a": "1", "net.b": "2", "net.a": "3"}}')).toBe("net.a");
  expect(duplicateSysctl('{"sysctl": {"net.a": "1", "net.\\u0061": "3"}}')).toBe("net.a");
  expect(duplicateSysctl('{"SysCtl":{"x":"","x":""}}')).toBe("x");
});

test("730: a key that stands twice in the arguments is found", () => {
  expect(duplicateSysctl('{"args":{"cni":{"sysctl":{"a":"1","a":"2"}}}}')).toBe("a");
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
  expect(texts.map(duplicateSysctl)).toEqual(texts.map(() => undefined));
});
