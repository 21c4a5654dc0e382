import { expect, test } from "bun:test";
import fc from "fast-check";
import * as v from "valibot";
import { type JsonValue, parseJson } from "../spec/index.ts";
import { quickly, UNSURE } from "./decode-quick.ts";
import { shape } from "./decode-shape.ts";

const KEYS = ["a", "b", "mtu", "Mtu", "ipam", "toString"] as const;

const leaf = fc.constantFrom<v.GenericSchema>(
  ...[v.string(), v.boolean(), v.number(), v.bigint(), v.unknown(), v.null()],
  ...[v.pipe(v.number(), v.integer()), v.pipe(v.string(), v.description("text"))],
  v.pipe(v.pipe(v.number(), v.integer()), v.minValue(0), v.description("whole")),
  v.pipe(v.pipe(v.string(), v.minLength(2)), v.description("longer")),
  v.pipe(
    v.string(),
    v.transform((text) => text.length),
  ),
  v.fallback(v.string(), "else"),
  v.literal(1),
  v.union([v.number(), v.array(v.string())]),
);

/** Schemas of a few levels, of all kinds that configurations have, and some that they might. */
const { schema } = fc.letrec<{ schema: v.GenericSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    leaf,
    tie("schema").map((each) => v.optional(each)),
    tie("schema").map((each) => v.pipe(v.optional(each), v.description("optional"))),
    tie("schema").map((each) => v.nullish(each)),
    tie("schema").map((each) => v.array(each)),
    tie("schema").map((each) => v.optional(v.array(each), [])),
    tie("schema").map((each) => v.record(v.string(), each)),
    fc.dictionary(fc.constantFrom(...KEYS), tie("schema"), { maxKeys: 4 }).map((e) => v.object(e)),
    fc.constantFrom(v.optional(v.string(), "x"), v.optional(v.pipe(v.number(), v.integer()), 0)),
    fc.constant(v.optional(v.object({ a: v.optional(v.string(), "") }), { a: "y" })),
    fc.dictionary(fc.constantFrom(...KEYS), tie("schema")).map((e) => v.strictObject(e)),
  ),
}));

const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1500, "", "a", "text", parseJson("1.0")),
    fc.constantFrom(parseJson("12345678901234567890"), parseJson("-0")),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS, "A", "other", "__proto__"), tie("json")),
  ),
}));

test("what is read the short way is what the long way gives", () => {
  let sure = 0;
  fc.assert(
    fc.property(schema, json, (each, value) => {
      const quick = quickly(each, value);
      if (quick === UNSURE) return;
      sure++;
      const long = v.safeParse(each, shape(each, value));
      expect(long.success).toBe(true);
      expect(quick).toEqual(long.output);
    }),
    { numRuns: 3000 },
  );
  expect(sure).toBeGreaterThan(20);
});

test("an ordinary configuration goes the short way", () => {
  const plain = v.object({
    bridge: v.pipe(v.optional(v.string(), "cni0"), v.description("Name")),
    mtu: v.optional(v.pipe(v.number(), v.integer()), 0),
    ipam: v.optional(v.object({ ranges: v.optional(v.array(v.string()), []) })),
  });
  const config = parseJson('{"cniVersion":"1.1.0","mtu":1500,"isGateway":true,"ipam":{}}');
  expect(quickly(plain, config)).toEqual({ bridge: "cni0", mtu: 1500, ipam: { ranges: [] } });
});

test("a default is nobody else's", () => {
  const lists = v.object({ list: v.optional(v.array(v.string()), []) });
  const first = quickly(lists, {}) as { list: string[] };
  first.list.push("mine");
  expect(quickly(lists, {})).toEqual({ list: [] });
});

test("keys that differ in case alone are told apart by the long way", () => {
  const twins = v.object({ Mtu: v.optional(v.string()), mtu: v.array(v.string()) });
  expect(quickly(twins, { mtu: [] })).toBe(UNSURE);
});

test("what the long way has to judge is left to it", () => {
  const needed = v.object({ name: v.string() });
  for (const value of [{}, { name: 1 }, { NAME: "x" }, { name: "x", Name: "y" }, [], "x", null]) {
    expect(quickly(needed, value)).toBe(UNSURE);
  }
});
