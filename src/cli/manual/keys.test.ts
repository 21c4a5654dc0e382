import { expect, test } from "bun:test";
import * as v from "valibot";
import { keysOf } from "./keys.ts";

test("each key has a row, with what is inside of it behind it", () => {
  const range = v.object({ subnet: v.pipe(v.string(), v.description("Network.")) });
  const schema = v.object({
    mtu: v.pipe(v.optional(v.pipe(v.number(), v.integer()), 1500), v.description("In bytes.")),
    ranges: v.pipe(v.optional(v.array(v.array(range)), []), v.description("Sets.")),
    sysctl: v.optional(v.pipe(v.record(v.string(), v.string()), v.description("Settings."))),
    mode: v.pipe(v.optional(v.picklist(["a", "b"]), "a"), v.description("One of two.")),
    code: v.pipe(v.union([v.string(), v.number()]), v.description("Name or number.")),
  });
  const rows = keysOf(schema).map(({ key, type, fallback, required, meaning }) => {
    return [key, type, required ? "required" : fallback, meaning];
  });
  expect(rows).toEqual([
    ["mtu", "integer", "1500", "In bytes."],
    ["ranges", "list of lists of objects", undefined, "Sets."],
    ["ranges[][].subnet", "string", "required", "Network."],
    ["sysctl", "object of strings", undefined, "Settings."],
    ["mode", "`a`, `b`", "a", "One of two."],
    ["code", "string or number", "required", "Name or number."],
  ]);
});

test("a key that nobody has described is an error with its name", () => {
  const inner = v.object({ x: v.optional(v.string()) });
  const schema = v.object({ a: v.pipe(v.optional(inner), v.description("Has one.")) });
  expect(() => keysOf(schema)).toThrow("a.x");
});
