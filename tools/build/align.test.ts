import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { alignCode } from "./align.ts";

/** A loadable part of a program: where it lies in the file and in memory. */
interface Part {
  readonly offset: number;
  readonly address: number;
  readonly length: number;
  readonly isCode: boolean;
}

function parts(program: Uint8Array): Part[] {
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  const found: Part[] = [];
  for (let index = 0; index < view.getUint16(0x38, true); index++) {
    const at = Number(view.getBigUint64(0x20, true)) + index * 56;
    if (view.getUint32(at, true) !== 1) continue;
    found.push({
      offset: Number(view.getBigUint64(at + 8, true)),
      address: Number(view.getBigUint64(at + 16, true)),
      length: Number(view.getBigUint64(at + 32, true)),
      isCode: (view.getUint32(at + 4, true) & 1) === 1,
    });
  }
  return found;
}

const HUGE_PAGE = 2 ** 21;
const HEADERS = 4096;
const bun = readFileSync(process.execPath);
const aligned = alignCode(bun);

test("code lies in the file as it lies in memory, to 2 MiB; memory is as it was", () => {
  const code = parts(aligned).find(({ isCode }) => isCode);
  expect((code?.offset ?? 1) % HUGE_PAGE).toBe((code?.address ?? 0) % HUGE_PAGE);
  expect(parts(aligned).map(({ address }) => address)).toEqual(
    parts(bun).map(({ address }) => address),
  );
});

test("every part holds what it held", () => {
  const before = parts(bun);
  for (const [index, { offset, length }] of parts(aligned).entries()) {
    const old = before[index]?.offset ?? 0;
    // The headers themselves, at the start of the first part, tell other places.
    const skip = old === 0 ? HEADERS : 0;
    const held = aligned.subarray(offset + skip, offset + length);
    expect(Buffer.compare(held, bun.subarray(old + skip, old + length))).toBe(0);
  }
});

test("it is done once, and only to programs", () => {
  expect(alignCode(aligned).length).toBe(aligned.length);
  const text = new TextEncoder().encode("#!/bin/sh\n");
  expect(alignCode(text)).toBe(text);
});
