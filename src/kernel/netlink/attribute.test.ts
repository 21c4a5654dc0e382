import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Attributes, AttributeWriter } from "./index.ts";

const type = fc.integer({ min: 0, max: 0x3fff });
const attribute = fc.oneof(
  fc.record({ kind: fc.constant("u8" as const), type, value: fc.nat({ max: 0xff }) }),
  fc.record({ kind: fc.constant("u16" as const), type, value: fc.nat({ max: 0xffff }) }),
  fc.record({ kind: fc.constant("be16" as const), type, value: fc.nat({ max: 0xffff }) }),
  fc.record({ kind: fc.constant("u32" as const), type, value: fc.nat() }),
  fc.record({ kind: fc.constant("be32" as const), type, value: fc.nat() }),
  fc.record({ kind: fc.constant("i32" as const), type, value: fc.integer() }),
);

describe("attributes", () => {
  test("numbers of every width come back", () => {
    fc.assert(
      fc.property(fc.uniqueArray(attribute, { selector: (a) => a.type }), (list) => {
        const writer = new AttributeWriter();
        for (const { kind, type, value } of list) writer[kind](type, value);
        const read = Attributes.parse(writer.finish());
        expect(read.size).toBe(list.length);
        for (const { kind, type, value } of list) expect(read[kind](type)).toBe(value);
      }),
    );
  });

  test("texts, bytes and nests of any length come back, and in order", () => {
    const row = fc.record({
      text: fc.string({ unit: "binary" }).filter((text) => !text.includes("\0")),
      bytes: fc.uint8Array({ maxLength: 70 }),
      wide: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
    });
    fc.assert(
      fc.property(row, ({ text, bytes, wide }) => {
        const writer = new AttributeWriter().nested(9, (inner) => {
          inner
            .string(1, text)
            .bytes(2, bytes)
            .nested(3, (deep) => void deep.flag(4));
        });
        const outer = Attributes.parse(writer.u64(5, wide).be64(6, wide).finish());
        const inner = outer.nested(9);
        expect(outer.get(9)?.nested).toBe(true);
        expect([...(inner ?? [])].map((a) => a.type)).toEqual([1, 2, 3]);
        expect(inner?.string(1)).toBe(new TextDecoder().decode(new TextEncoder().encode(text)));
        expect([...(inner?.bytes(2) ?? [])]).toEqual([...bytes]);
        expect(inner?.nested(3)?.has(4)).toBe(true);
        expect([outer.u64(5), outer.be64(6)]).toEqual([wide, wide]);
      }),
    );
  });

  test("what is longer than a length can say is refused, and nothing else becomes of it", () => {
    const most = new Uint8Array(0xffff - 4);
    const written = new AttributeWriter().bytes(7, most).finish();
    expect(Attributes.parse(written).bytes(7)).toHaveLength(most.length);
    const writer = new AttributeWriter();
    const message = "attribute 7 would have 65536 bytes, and 65535 is the most";
    expect(() => writer.bytes(7, new Uint8Array(most.length + 1))).toThrow(message);
    expect(() => writer.string(7, "x".repeat(most.length))).toThrow(message);
    expect(() => writer.nested(7, (inner) => void inner.bytes(1, most))).toThrow(
      "attribute 7 would have 65540 bytes",
    );
    for (const type of [0x1_0000, -1, Number.NaN]) {
      expect(() => writer.flag(type)).toThrow("is no attribute's number");
    }
  });

  test("what is absent is undefined, and a wrong length throws", () => {
    const attributes = Attributes.parse(new AttributeWriter().u16(1, 7).finish());
    expect(attributes.u32(2)).toBeUndefined();
    expect(attributes.nested(2)).toBeUndefined();
    expect(() => attributes.u32(1)).toThrow("attribute 1 has 2 bytes, not 4");
  });

  test("of several of one type all are kept and the last is read", () => {
    const attributes = Attributes.parse(new AttributeWriter().u8(1, 5).u8(1, 6).u8(2, 7).finish());
    expect(attributes.u8(1)).toBe(6);
    expect(attributes.all(1).map((a) => a.payload[0])).toEqual([5, 6]);
    expect(attributes.except(new Set([1])).map((a) => a.type)).toEqual([2]);
  });

  test("flag bits are told and taken off the type", () => {
    const [attribute] = Attributes.parse(Uint8Array.of(4, 0, 1, 0xc0));
    expect(attribute).toMatchObject({ type: 1, nested: true, netByteOrder: true });
  });

  test("broken lengths throw and never read past the end", () => {
    expect(() => Attributes.parse(Uint8Array.of(8, 0, 1, 0))).toThrow("attribute 1 of 8 bytes");
    expect(() => Attributes.parse(Uint8Array.of(3, 0, 1, 0))).toThrow(RangeError);
    expect(() => Attributes.parse(Uint8Array.of(1))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          Attributes.parse(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  test("text inside a text attribute cannot be cut by a NUL", () => {
    expect(() => new AttributeWriter().string(1, "a\0b")).toThrow(RangeError);
    expect(() => new AttributeWriter().text(1, "a\0b")).toThrow(RangeError);
  });
});
