import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { Ip } from "./index.ts";

const address = fc.oneof(
  fc.bigInt(0n, (1n << 32n) - 1n).map((n) => Ip.fromBigInt(4, n)),
  fc.bigInt(0n, (1n << 128n) - 1n).map((n) => Ip.fromBigInt(6, n)),
  // Many zero fields, where the shortening to "::" is hard.
  fc.array(fc.constantFrom(0n, 0n, 1n, 0xffffn), { minLength: 8, maxLength: 8 }).map((fields) =>
    Ip.fromBigInt(
      6,
      fields.reduce<bigint>((all, one) => (all << 16n) | one, 0n),
    ),
  ),
);

describe("reading an address", () => {
  // Printed forms are those of Go's net.ParseIP(text).String().
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::ffff:a00:1", "10.0.0.1"],
    ["::10.0.0.1", "::a00:1"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
    ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
    ["0001:0002::", "1:2::"],
  ])("reads %s as %s", (text, printed) => {
    expect(Ip.parse(text).toString()).toBe(printed);
  });

  test.each([
    "",
    "x",
    "10.0.0",
    "10.0.0.1.2",
    "10.0.0.256",
    "010.0.0.1",
    "10.0.0.1 ",
    " 10.0.0.1",
    "10.0.0.1\n",
    "10.0.0.-1",
    "1e1.0.0.1",
    "0x1.0.0.1",
    "10..0.1",
    ":",
    ":::",
    ":1",
    "1:",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::1:2:3:4:5:6:7:8",
    "12345::",
    "fe80::1%eth0",
    "g::",
    "1.2.3.4::",
    "::1.2.3.4:1",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3",
    "::01.2.3.4",
    "1:2:3::4:5:6:7:8",
    "١.0.0.1",
  ])("R118 refuses %j with Go's text", (text) => {
    expect(Ip.tryParse(text)).toBeUndefined();
    expect(() => Ip.parse(text)).toThrow(new RangeError(`invalid IP address: ${text}`));
  });

  test("printing and reading give the same address", () => {
    fc.assert(
      fc.property(address, (ip) => {
        expect(Ip.parse(ip.toString()).equals(ip)).toBe(true);
        expect(Ip.fromBytes(ip.bytes).equals(ip)).toBe(true);
        expect(Ip.fromBigInt(ip.family, ip.toBigInt()).equals(ip)).toBe(true);
      }),
    );
  });
});

describe("address values", () => {
  test("bytes are a copy, so a value cannot be changed", () => {
    const ip = Ip.parse("10.0.0.1");
    ip.bytes[0] = 99;
    expect(ip.toString()).toBe("10.0.0.1");
  });

  test("neighbours carry over octets and end at the family's edge", () => {
    expect(Ip.parse("10.0.0.255").next().toString()).toBe("10.0.1.0");
    expect(Ip.parse("2001:db8::").previous().toString()).toBe(
      "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
    );
    expect(() => Ip.parse("255.255.255.255").next()).toThrow(RangeError);
    expect(() => Ip.parse("0.0.0.0").previous()).toThrow(RangeError);
  });

  test("IPv4 sorts before IPv6, then by number", () => {
    const sorted = ["::2", "10.0.0.2", "::1", "9.0.0.1"]
      .map((text) => Ip.parse(text))
      .sort((a, b) => a.compare(b));
    expect(sorted.map(String)).toEqual(["9.0.0.1", "10.0.0.2", "::1", "::2"]);
  });

  test.each([
    ["127.0.0.1", "isLoopback"],
    ["127.255.0.1", "isLoopback"],
    ["::1", "isLoopback"],
    ["224.0.0.1", "isMulticast"],
    ["239.255.255.255", "isMulticast"],
    ["ff02::1", "isMulticast"],
    ["169.254.1.1", "isLinkLocal"],
    ["fe80::1", "isLinkLocal"],
    ["febf::1", "isLinkLocal"],
    ["0.0.0.0", "isUnspecified"],
    ["::", "isUnspecified"],
    ["10.0.0.1", "isGlobalUnicast"],
    ["fec0::1", "isGlobalUnicast"],
    ["2001:db8::1", "isGlobalUnicast"],
  ] as const)("%s has only the property %s", (text, property) => {
    const ip = Ip.parse(text);
    const all = ["isLoopback", "isMulticast", "isLinkLocal", "isUnspecified", "isGlobalUnicast"];
    const held = all.filter((name) => ip[name as typeof property]);
    expect(held).toEqual([property]);
  });

  test("the limited broadcast address is no global unicast", () => {
    expect(Ip.parse("255.255.255.255").isGlobalUnicast).toBe(false);
  });

  test("a wrong number of bytes or a number out of range is refused", () => {
    expect(() => Ip.fromBytes(new Uint8Array(5))).toThrow(RangeError);
    expect(() => Ip.fromBigInt(4, 1n << 32n)).toThrow(RangeError);
    expect(() => Ip.fromBigInt(6, -1n)).toThrow(RangeError);
  });
});
