import { expect, test } from "bun:test";
import { startAnywhere } from "./start.ts";

const CODE_OFFSET = 0x1400;
const CODE_ADDRESS = 0x40_2400;

const [EM_X86_64, EM_AARCH64, EM_RISCV] = [62, 183, 243];

/** A file with a segment of data and one of code, and `gap` bytes between them. */
function program(gap: number, machine = EM_X86_64): Uint8Array {
  const bytes = new Uint8Array(0x2000);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x464c457f, true);
  bytes[4] = 2;
  bytes[5] = 1;
  view.setUint16(18, machine, true);
  view.setBigUint64(24, BigInt(CODE_ADDRESS + 0x10), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  const segment = (at: number, flags: number, offset: number, size: number): void => {
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, flags, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(0x40_1000 + offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setBigUint64(at + 40, BigInt(size), true);
  };
  segment(64, 4, 0, CODE_OFFSET - gap);
  segment(120, 5, CODE_OFFSET, 0x100);
  return bytes;
}

/** Where the jump of a machine leads, by its manual. */
const JUMPS: readonly (readonly [
  name: string,
  machine: number,
  target: (bytes: Uint8Array, offset: number) => number,
])[] = [
  [
    "x86-64",
    EM_X86_64,
    (bytes, offset) => {
      const jump = bytes.indexOf(0xe9, offset);
      return jump + 5 - offset + new DataView(bytes.buffer).getInt32(jump + 1, true);
    },
  ],
  [
    "arm64",
    EM_AARCH64,
    (bytes, offset) => {
      const view = new DataView(bytes.buffer);
      let at = offset;
      // The first instruction of six bits 000101 is `b`, with 26 bits of a signed distance.
      while (view.getUint32(at, true) >>> 26 !== 0b000101) at += 4;
      return at - offset + ((view.getUint32(at, true) << 6) >> 6) * 4;
    },
  ],
];

test.each(JUMPS)(
  "on %s instructions stand before the code, and jump to where it began",
  (...[, machine, target]) => {
    const bytes = program(256, machine);
    startAnywhere(bytes);
    const view = new DataView(bytes.buffer);
    const entry = Number(view.getBigUint64(24, true));
    const offset = Number(view.getBigUint64(120 + 8, true));
    expect(Number(view.getBigUint64(120 + 16, true))).toBe(entry);
    expect(entry).toBe(CODE_ADDRESS - (CODE_OFFSET - offset));
    expect(Number(view.getBigUint64(120 + 32, true))).toBe(0x100 + CODE_OFFSET - offset);
    expect(entry + target(bytes, offset)).toBe(CODE_ADDRESS + 0x10);
  },
);

test("a file without a gap, or with something in it, is refused", () => {
  expect(() => startAnywhere(program(16))).toThrow("no gap");
  const full = program(256);
  full[CODE_OFFSET - 5] = 1;
  expect(() => startAnywhere(full)).toThrow("no gap");
  expect(() => startAnywhere(new Uint8Array(64))).toThrow("no 64-bit ELF");
});

test("programs for other machines are left as they are", () => {
  const other = program(0, EM_RISCV);
  startAnywhere(other);
  expect(other).toEqual(program(0, EM_RISCV));
});
