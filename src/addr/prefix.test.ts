import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import fc from "fast-check";

import { Ip, Mac, Prefix } from "./index.ts";

test("an address alone has a subnet of its own", () => {
  expect(Prefix.ofHost(Ip.parse("10.1.2.3")).toString()).toBe("10.1.2.3/32");
  expect(Prefix.ofHost(Ip.parse("fd00::1")).toString()).toBe("fd00::1/128");
});

test("consoles show addresses as their text", () => {
  const values = [Prefix.parse("10.1.2.3/8"), Ip.parse("fd00::1"), Mac.parse("02:00:00:00:00:01")];
  expect(inspect(values)).toBe("[ Prefix 10.1.2.3/8, Ip fd00::1, Mac 02:00:00:00:00:01 ]");
});

describe("reading a prefix", () => {
  test.each([
    ["10.1.2.3/8", "10.1.2.3/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8:0:0::1/64", "2001:db8::1/64"],
    ["::ffff:10.0.0.1/120", "10.0.0.1/24"],
    ["::ffff:10.0.0.1/90", "10.0.0.1/0"],
    ["10.0.0.0/08", "10.0.0.0/8"],
  ])("R118 reads %s as %s", (text, printed) => {
    expect(Prefix.parse(text).toString()).toBe(printed);
  });

  test.each([
    "",
    "10.0.0.1",
    "10.0.0.1/",
    "10.0.0.1/33",
    "10.0.0.1/-1",
    "10.0.0.1/+8",
    "::1/129",
    "/8",
    "10.0.0.1/8/8",
    "10.0.0.1/8 ",
    "10.0.0.1/1e1",
    "fe80::1%a/64",
    "10.0.0.01/8",
  ])("R118 refuses %j with Go's text", (text) => {
    expect(() => Prefix.parse(text)).toThrow(new RangeError(`invalid CIDR address: ${text}`));
  });
});

describe("prefix values", () => {
  test("the edges of a network come from its length", () => {
    const prefix = Prefix.parse("10.1.2.3/22");
    expect(String(prefix.network())).toBe("10.1.0.0/22");
    expect(String(prefix.first())).toBe("10.1.0.0");
    expect(String(prefix.last())).toBe("10.1.3.255");
    expect(String(prefix.broadcast)).toBe("10.1.3.255");
    expect(Prefix.parse("10.0.0.1/31").broadcast).toBeUndefined();
    expect(Prefix.parse("::1/64").broadcast).toBeUndefined();
    expect(String(Prefix.parse("2001:db8::5/64").last())).toBe("2001:db8::ffff:ffff:ffff:ffff");
  });

  test("a network contains its addresses and none of the other family", () => {
    const prefix = Prefix.parse("10.1.2.3/16");
    expect(prefix.contains(Ip.parse("10.1.255.255"))).toBe(true);
    expect(prefix.contains(Ip.parse("10.2.0.0"))).toBe(false);
    expect(Prefix.parse("::/0").contains(Ip.parse("10.1.0.0"))).toBe(false);
    expect(Prefix.parse("0.0.0.0/0").contains(Ip.parse("255.0.0.1"))).toBe(true);
  });

  test("networks overlap when one holds the other", () => {
    const overlaps = (a: string, b: string) => Prefix.parse(a).overlaps(Prefix.parse(b));
    expect(overlaps("10.0.0.0/8", "10.9.0.0/16")).toBe(true);
    expect(overlaps("10.9.0.0/16", "10.0.0.0/8")).toBe(true);
    expect(overlaps("10.8.0.0/16", "10.9.0.0/16")).toBe(false);
    expect(overlaps("0.0.0.0/0", "::/0")).toBe(false);
  });

  test("prefixes are equal with their host bits", () => {
    expect(Prefix.parse("10.0.0.1/8").equals(Prefix.parse("10.0.0.1/8"))).toBe(true);
    expect(Prefix.parse("10.0.0.1/8").equals(Prefix.parse("10.0.0.2/8"))).toBe(false);
    expect(Prefix.parse("10.0.0.1/8").equals(Prefix.parse("10.0.0.1/9"))).toBe(false);
  });

  test("overlap means a shared address", () => {
    const small = fc.tuple(fc.bigInt(0n, 255n), fc.integer({ min: 24, max: 32 }));
    const prefix = small.map(([n, length]) => new Prefix(Ip.fromBigInt(4, n), length));
    fc.assert(
      fc.property(prefix, prefix, (a, b) => {
        const shared = a.first().compare(b.last()) <= 0 && b.first().compare(a.last()) <= 0;
        expect(a.overlaps(b)).toBe(shared);
      }),
    );
  });

  test("a length that does not fit is refused", () => {
    expect(() => new Prefix(Ip.parse("10.0.0.1"), 33)).toThrow(RangeError);
    expect(() => new Prefix(Ip.parse("10.0.0.1"), 1.5)).toThrow(RangeError);
  });
});
