import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ByteReader, ByteWriter, decodeText, hexDump, layout } from "./index.ts";

describe("writer and reader", () => {
  test("plain integers are little-endian, be is network order", () => {
    const bytes = new ByteWriter(1).u16(0x0102).u16be(0x0102).u32(0x01020304).u32be(0x01020304);
    expect([...bytes.finish()]).toEqual([2, 1, 1, 2, 4, 3, 2, 1, 1, 2, 3, 4]);
  });

  test("every field comes back as it was written", () => {
    const fields = fc.record({
      u8: fc.integer({ min: 0, max: 0xff }),
      u16: fc.integer({ min: 0, max: 0xffff }),
      u32: fc.integer({ min: 0, max: 0xffffffff }),
      i32: fc.integer(),
      u64: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
      text: fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
      bytes: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(fields, (f) => {
        const writer = new ByteWriter(1).u8(f.u8).u16(f.u16).u16be(f.u16).u32(f.u32).u32be(f.u32);
        writer.i32(f.i32).u64(f.u64).u64be(f.u64).cstring(f.text).align(4).bytes(f.bytes);
        const r = new ByteReader(writer.finish());
        expect([r.u8(), r.u16(), r.u16be(), r.u32(), r.u32be()]).toEqual([
          f.u8,
          f.u16,
          f.u16,
          f.u32,
          f.u32,
        ]);
        expect([r.i32(), r.u64(), r.u64be()]).toEqual([f.i32, f.u64, f.u64]);
        expect(r.cstring()).toBe(f.text);
        expect([...r.align(4).bytes(f.bytes.length)]).toEqual([...f.bytes]);
        expect(r.remaining).toBe(0);
      }),
    );
  });

  test("a number that does not fit its field throws instead of wrapping", () => {
    const writer = new ByteWriter();
    expect(() => writer.u8(256)).toThrow("256 does not fit u8");
    expect(() => writer.u16(-1)).toThrow(RangeError);
    expect(() => writer.u32(2 ** 32)).toThrow(RangeError);
    expect(() => writer.u32(Number.NaN)).toThrow(RangeError);
    expect(() => writer.i32(2 ** 31)).toThrow(RangeError);
    expect(() => writer.u64(-1n)).toThrow(RangeError);
    expect(() => writer.cstring("a\0b")).toThrow(RangeError);
    expect(writer.length).toBe(0);
  });

  test("patching reaches only what was written", () => {
    const writer = new ByteWriter().u32(0).patchU16(2, 0x1234);
    expect([...writer.finish()]).toEqual([0, 0, 0x34, 0x12]);
    expect(() => writer.patchU32(1, 0)).toThrow(RangeError);
  });

  test("reading past the end throws and leaves the position alone", () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3));
    expect(() => reader.u32()).toThrow("cannot read 4 bytes at 0 of 3");
    expect(() => reader.skip(-1)).toThrow(RangeError);
    expect(reader.u16()).toBe(0x0201);
    expect(reader.align(4).remaining).toBe(0);
  });

  test("slices share memory and copies do not", () => {
    const source = Uint8Array.of(1, 2, 3, 4);
    const reader = new ByteReader(source);
    const slice = reader.slice(2);
    const copy = reader.bytes(2);
    source.fill(9);
    expect([...slice, ...copy]).toEqual([9, 9, 3, 4]);
  });

  test("a reader over a part of memory sees only that part", () => {
    const part = Uint8Array.of(0, 0, 7, 8, 0).subarray(2, 4);
    const reader = new ByteReader(part);
    expect(reader.u16()).toBe(0x0807);
    expect(reader.remaining).toBe(0);
  });
});

test("a hex dump has sixteen bytes a line with their text", () => {
  const bytes = new TextEncoder().encode("veth0\0 and a bridge");
  expect(hexDump(bytes)).toBe(
    [
      "0000  76 65 74 68 30 00 20 61 6e 64 20 61 20 62 72 69  veth0. and a bri",
      `0010  64 67 65${" ".repeat(39)}  dge`,
    ].join("\n"),
  );
  expect(hexDump(new Uint8Array())).toBe("");
});

test("text is decoded as TextDecoder would, ASCII or not", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.uint8Array({ max: 0x7f })), (bytes) => {
      expect(decodeText(bytes)).toBe(decoder.decode(bytes));
    }),
  );
  expect(decodeText(new TextEncoder().encode("brücke0"))).toBe("brücke0");
});

describe("layout", () => {
  interface Shape {
    readonly kind: number;
    readonly size: number;
    readonly offset: number;
    readonly total: bigint;
  }
  const shape = layout<Shape>({ kind: "u8", _pad: 1, size: "u16", offset: "i32", total: "u64" });

  test("a structure has its fields and its padding in their places", () => {
    const values = { kind: 1, size: 0x0203, offset: -2, total: 0x0102030405060708n };
    const bytes = shape.encode(new ByteWriter(), values).finish();
    expect(Buffer.from(bytes).toString("hex")).toBe("01000302feffffff0807060504030201");
    expect(shape.size).toBe(16);
    expect(shape.decode(bytes)).toEqual(values);
  });

  test("what is not given is 0, and what is cut off is refused", () => {
    const bytes = shape.encode(new ByteWriter(), { size: 5 }).finish();
    expect(shape.decode(bytes)).toEqual({ kind: 0, size: 5, offset: 0, total: 0n });
    expect(() => shape.decode(bytes.subarray(1))).toThrow(RangeError);
  });
});
