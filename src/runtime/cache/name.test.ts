import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Attachment } from "../../spec/index.ts";
import { hashedName, plainName } from "./name.ts";

const letters = fc.constantFrom(..."ab-._0".split(""));
const name = fc
  .tuple(fc.constantFrom("a", "0"), fc.string({ unit: letters, maxLength: 6 }))
  .map((parts) => parts.join(""));
const ifName = fc
  .string({ unit: fc.constantFrom(..."a-~0.ä".split("")), minLength: 1, maxLength: 15 })
  .filter((text) => Buffer.byteLength(text) <= 15 && text !== "." && text !== "..");
const attachment: fc.Arbitrary<Attachment> = fc.record({
  network: name,
  containerId: name,
  ifName,
});

describe("names of cache files", () => {
  test("the plain name is libcni's", () => {
    expect(plainName({ network: "net", containerId: "c1", ifName: "eth0" })).toBe("net-c1-eth0");
  });

  test("D21 two attachments can have one plain name, but never one hashed name", () => {
    const one = { network: "a-b", containerId: "c", ifName: "eth0" };
    const other = { network: "a", containerId: "b-c", ifName: "eth0" };
    expect(plainName(one)).toBe(plainName(other));
    expect(hashedName(one)).not.toBe(hashedName(other));
    expect(hashedName(one)).toStartWith("a-b-c-eth0~");
  });

  test("D21 hashed names are as different as their attachments, and no plain names", () => {
    const both = fc.tuple(attachment, attachment);
    fc.assert(
      fc.property(both, ([one, other]) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(hashedName(one) === hashedName(other)).toBe(same);
        expect(hashedName(one)).not.toBe(plainName(other) ?? "");
      }),
    );
  });

  test("D21 every name fits into a directory and stays in it, whatever the length", () => {
    const long = fc
      .tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), ifName)
      .map(([network, id, interfaceName]) => ({
        network: "n".repeat(network),
        containerId: "c".repeat(id),
        ifName: interfaceName,
      }));
    fc.assert(
      fc.property(long, (one) => {
        for (const file of [plainName(one), hashedName(one)]) {
          expect(Buffer.byteLength(file ?? "")).toBeLessThanOrEqual(255);
          expect(file ?? "").not.toMatch(/\/|\ufffd/);
        }
      }),
    );
    const longest = { network: "n".repeat(200), containerId: "c".repeat(64), ifName: "eth0" };
    expect(plainName(longest)).toBeUndefined();
    expect(Buffer.byteLength(hashedName(longest))).toBe(255);
  });
});
