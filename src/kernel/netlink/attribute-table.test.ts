import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type AttributeTable,
  AttributeWriter,
  attributes,
  be16,
  be32,
  be64,
  bytes,
  cString,
  i32,
  listed,
  named,
  nest,
  text,
  truth,
  u8,
  u16,
  u32,
  u64,
} from "./index.ts";

const inner = attributes({ mode: named(u32(1), { slow: 4, fast: 9 }) });
const table = attributes(
  {
    byte: u8(1),
    short: u16(2),
    word: u32(3),
    signed: i32(4),
    long: u64(5),
    netShort: be16(6),
    netWord: be32(7),
    netLong: be64(8),
    name: cString(9),
    alias: text(10),
    raw: bytes(11),
    isOn: truth(u8(12)),
    level: listed(be32(13), ["low", "high"]),
    nested: nest(14, inner),
  },
  [15],
);

function written<T extends object>(
  lines: AttributeTable<T>,
  values: Parameters<AttributeTable<T>["encode"]>[1],
): Uint8Array {
  const writer = new AttributeWriter();
  lines.encode(writer, values);
  return writer.finish();
}

test("what is written is read, and what is undefined is absent", () => {
  const long = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
  const values = fc.record(
    {
      byte: fc.nat({ max: 0xff }),
      short: fc.nat({ max: 0xffff }),
      word: fc.nat({ max: 0xffffffff }),
      signed: fc.integer(),
      long,
      netShort: fc.nat({ max: 0xffff }),
      netWord: fc.nat({ max: 0xffffffff }),
      netLong: long,
      name: fc.string().filter((name) => !name.includes("\0")),
      raw: fc.uint8Array({ maxLength: 9 }),
      isOn: fc.boolean(),
      level: fc.constantFrom("low" as const, "high" as const),
      nested: fc.record({ mode: fc.constantFrom("slow" as const, "fast" as const) }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(values, (given) => {
      expect(table.decode(written(table, given), {})).toEqual(given);
    }),
  );
});

test("attributes stand in the order of the table", () => {
  expect(written(table, { alias: "ab", byte: 1 }).toHex()).toBe(
    "0500010001000000" + "06000a0061620000",
  );
});

test("unknown attributes are kept, ignored ones are not, and what is unknown is said", () => {
  const message = new AttributeWriter().u8(1, 5).u32(15, 6).u8(77, 7).u8(1, 8).finish();
  const found = {};
  expect(table.decodeWhole(message, found)).toBe(false);
  expect(found).toEqual({ byte: 8 });
  expect(table.extra(message).map(({ type, payload }) => [type, payload[0]])).toEqual([[77, 7]]);
  expect(table.decodeWhole(new AttributeWriter().u32(15, 6).finish(), {})).toBe(true);
});

test("a value without a name is left out, and is not understood", () => {
  const message = new AttributeWriter().be32(13, 2).finish();
  const found = {};
  expect([table.decodeWhole(message, found), found]).toEqual([false, {}]);
});

test("wrong lengths throw and never read past the end", () => {
  expect(() => table.decode(new AttributeWriter().u16(3, 1).finish(), {})).toThrow(
    "attribute 3 has 2 bytes, not 4",
  );
  expect(() => table.decode(Uint8Array.of(8, 0, 1, 0), {})).toThrow("attribute 1 of 8 bytes");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (message) => {
      try {
        table.decode(message, {});
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
