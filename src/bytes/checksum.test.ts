import { expect, test } from "bun:test";
import { internetChecksum } from "./checksum.ts";

test("the example of RFC 1071, section 3", () => {
  const words = Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
  expect(internetChecksum(words)).toBe(0xffff - 0xddf2);
});

test("an odd byte counts as the first of two", () => {
  expect(internetChecksum(Uint8Array.of(0x12))).toBe(0xffff - 0x1200);
  expect(internetChecksum(new Uint8Array())).toBe(0xffff);
});

test("with its own checksum, anything sums up to zero", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(64));
  bytes.set([0, 0], 10);
  const sum = internetChecksum(bytes);
  bytes.set([sum >> 8, sum & 0xff], 10);
  expect(internetChecksum(bytes)).toBe(0);
});
