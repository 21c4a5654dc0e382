import { expect, test } from "bun:test";
import { temporaryName, writerOf } from "./temporary.ts";

test("a name tells who writes the file", () => {
  const owner = { boot: "91e74709154f", namespace: "4026531836", pid: 42, start: "843431" };
  expect(writerOf(temporaryName(owner, "0a1b"))).toEqual(owner);
});

test.each(["", "42-0a1b", "a.b.c.d.e", "a.b.1.2.../x", "a.b.1.2"])("%p is no such name", (name) => {
  expect(writerOf(name)).toBeUndefined();
});
