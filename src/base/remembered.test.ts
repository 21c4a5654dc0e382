import { expect, test } from "bun:test";
import { Remembered } from "./remembered.ts";

test("what was made of a text is made once", () => {
  const remembered = new Remembered<{ text: string }>();
  const one = remembered.of("a", () => ({ text: "a" }));
  expect(remembered.of("a", () => ({ text: "again" }))).toBe(one);
  expect(remembered.of("b", () => ({ text: "b" }))).toEqual({ text: "b" });
});

test("a failure is not remembered", () => {
  const remembered = new Remembered<number>();
  const fail = (): number => {
    throw new Error("no");
  };
  expect(() => remembered.of("a", fail)).toThrow("no");
  expect(remembered.of("a", () => 1)).toBe(1);
});

test("many texts, and long ones, take no room", () => {
  const remembered = new Remembered<number>();
  let made = 0;
  const make = (): number => ++made;
  for (let n = 0; n < 100; n++) remembered.of(`text ${n}`, make);
  remembered.of("text 0", make);
  expect(made).toBe(101);
  const long = "x".repeat(100_000);
  remembered.of(long, make);
  remembered.of(long, make);
  expect(made).toBe(103);
});
