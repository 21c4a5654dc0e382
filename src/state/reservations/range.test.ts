import { describe, expect, test } from "bun:test";
import { Ip } from "../../addr/index.ts";
import { firstFree } from "./choose.ts";
import {
  capacity,
  parseRange,
  parseRangeSets,
  type RangeSpec,
  rangeWarnings,
  showRangeSet,
} from "./range.ts";

function shown(spec: Parameters<typeof parseRange>[0]): string {
  const { subnet, start, end, gateway } = parseRange(spec);
  return `${subnet} ${start}-${end} via ${gateway}`;
}

test("what a range leaves out is filled in from its subnet", () => {
  expect(shown({ subnet: "10.1.0.0/16" })).toBe("10.1.0.0/16 10.1.0.1-10.1.255.254 via 10.1.0.1");
  expect(shown({ subnet: "fd00:1::/64" })).toBe(
    "fd00:1::/64 fd00:1::1-fd00:1::ffff:ffff:ffff:ffff via fd00:1::1",
  );
  expect(shown({ subnet: "10.1.0.0/30", gateway: "", rangeStart: "" })).toBe(
    "10.1.0.0/30 10.1.0.1-10.1.0.2 via 10.1.0.1",
  );
});

test("what a range says is kept", () => {
  const spec = {
    subnet: "10.1.0.0/16",
    rangeStart: "10.1.2.3",
    rangeEnd: "10.1.2.9",
    gateway: "10.9.9.9",
  };
  expect(shown(spec)).toBe("10.1.0.0/16 10.1.2.3-10.1.2.9 via 10.9.9.9");
});

test.each([
  [{}, "a range has no subnet"],
  [{ subnet: "" }, "invalid CIDR address: "],
  [{ subnet: "10.1.0.0/x" }, "invalid CIDR address: 10.1.0.0/x"],
  [{ subnet: "10.1.0.0/31" }, "Network 10.1.0.0/31 too small to allocate from"],
  [{ subnet: "fd00::/127" }, "Network fd00::/127 too small to allocate from"],
  [{ subnet: "::ffff:10.9.0.0/120" }, "IPNet IP and Mask version mismatch"],
  [
    { subnet: "10.1.0.1/16" },
    "Network has host bits set. For a subnet mask of length 16 the network address is 10.1.0.0",
  ],
  [{ subnet: "10.1.0.0/16", rangeStart: "x" }, "invalid IP address: x"],
  [
    { subnet: "10.1.0.0/16", rangeStart: "10.2.0.1" },
    "RangeStart 10.2.0.1 not in network 10.1.0.0/16",
  ],
  [
    { subnet: "10.1.0.0/16", rangeStart: "fd00::1" },
    "RangeStart fd00::1 not in network 10.1.0.0/16",
  ],
  [{ subnet: "10.1.0.0/16", rangeEnd: "10.2.0.1" }, "RangeEnd 10.2.0.1 not in network 10.1.0.0/16"],
  [
    { subnet: "10.1.0.0/16", rangeStart: "10.1.0.9", rangeEnd: "10.1.0.1" },
    "RangeStart 10.1.0.9 is after RangeEnd 10.1.0.1 in network 10.1.0.0/16",
  ],
])("a wrong range %j is refused", (spec, message) => {
  expect(() => parseRange(spec)).toThrow(new RangeError(message));
});

test("case U5: a gateway of another family is refused", () => {
  expect(() => parseRange({ subnet: "10.1.0.0/24", gateway: "fd00::1" })).toThrow(
    new RangeError("gateway fd00::1 is of another family than network 10.1.0.0/24"),
  );
});

test("case U5, kind: of the second of two ranges, too, and the other way round", () => {
  const first = { subnet: "fd00:1::/64" };
  const second = { subnet: "fd00:2::/64", gateway: "10.1.0.1" };
  expect(() => parseRangeSets([[first, second]])).toThrow(
    "invalid range set 0: gateway 10.1.0.1 is of another family than network fd00:2::/64",
  );
});

test("case U5, kind: D212 a gateway outside of its subnet is warned of, a link-local one is right", () => {
  const set = (spec: RangeSpec): string[] => rangeWarnings(parseRangeSets([[spec]]));
  expect(set({ subnet: "10.1.0.0/24", gateway: "10.1.1.1" })).toEqual([
    "gateway 10.1.1.1 is not in network 10.1.0.0/24: containers may not reach it",
  ]);
  expect(set({ subnet: "fd00:1::/64", gateway: "fe80::1" })).toEqual([]);
  expect(set({ subnet: "fd00:1::/64", gateway: "fd00:2::1" })).toHaveLength(1);
});

test.each([
  ["255.255.255.252/30", "255.255.255.253-255.255.255.254"],
  [
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc/126",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffd-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  ],
  ["0.0.0.0/30", "0.0.0.1-0.0.0.2"],
  ["::/126", "::1-::3"],
])("1.10.0: at the ends of a family nothing wraps: %s", (subnet, wanted) => {
  const [set = []] = parseRangeSets([[{ subnet }]]);
  expect(showRangeSet(set)).toBe(wanted);
  const last = set[0]?.end;
  const taken = new Set<string>();
  for (let from = last; ; ) {
    const choice = firstFree(set, from, (ip) => taken.has(ip));
    if (choice === undefined) break;
    taken.add(choice.ip.toString());
    from = choice.ip;
  }
  expect(BigInt(taken.size)).toBe(capacity(set));
  expect(() => Ip.parse("255.255.255.255").next()).toThrow(RangeError);
  expect(() => Ip.parse("::").previous()).toThrow(RangeError);
});

test("1292: a start behind the default end is refused", () => {
  expect(() => parseRange({ subnet: "10.1.0.0/24", rangeStart: "10.1.0.255" })).toThrow(
    "RangeStart 10.1.0.255 is after RangeEnd 10.1.0.254 in network 10.1.0.0/24",
  );
});

test.each([
  [[[]], "invalid range set 0: empty range set"],
  [
    [[{ subnet: "10.1.0.0/24" }, { subnet: "fd00::/64" }]],
    "invalid range set 0: mixed address families",
  ],
  [
    [[{ subnet: "10.1.0.0/16" }, { subnet: "10.1.1.0/24" }]],
    "invalid range set 0: subnets 10.1.0.1-10.1.255.254 and 10.1.1.1-10.1.1.254 overlap",
  ],
  [
    [[{ subnet: "10.2.0.0/16" }], [{ subnet: "10.1.0.0/16" }], [{ subnet: "10.1.1.0/24" }]],
    "range set 1 overlaps with 2",
  ],
  [[[{ subnet: "10.2.0.0/16" }], [{}]], "invalid range set 1: a range has no subnet"],
])("wrong sets %j are refused", (specs, message) => {
  expect(() => parseRangeSets(specs)).toThrow(new RangeError(message));
});

test("disjoint ranges of one subnet are no overlap", () => {
  const [set = []] = parseRangeSets([
    [
      { subnet: "10.1.0.0/24", rangeStart: "10.1.0.1", rangeEnd: "10.1.0.9" },
      { subnet: "10.1.0.0/24", rangeStart: "10.1.0.10", rangeEnd: "10.1.0.19" },
    ],
  ]);
  expect(showRangeSet(set)).toBe("10.1.0.1-10.1.0.9,10.1.0.10-10.1.0.19");
  expect(capacity(set)).toBe(18n);
});

test("783: the very first and the very last addresses can be ranges", () => {
  expect(shown({ subnet: "0.0.0.0/8" })).toBe("0.0.0.0/8 0.0.0.1-0.255.255.254 via 0.0.0.1");
  const last = parseRange({ subnet: "255.255.255.0/24", rangeEnd: "255.255.255.255" });
  expect(last.end.equals(Ip.parse("255.255.255.255"))).toBe(true);
  expect(shown({ subnet: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124" })).toContain(
    "-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  );
});

describe("warnings of gateways", () => {
  const warnings = (subnet: string, gateway: string): string[] =>
    rangeWarnings(parseRangeSets([[{ subnet, gateway }]]));

  test("case P13: a link-local gateway of an IPv6 range is no fault", () => {
    expect(warnings("fd00:1::/64", "fe80::1")).toEqual([]);
  });

  test("case P13, kind: nor is one from the far end of fe80::/10, in a range of a few addresses", () => {
    expect(warnings("2001:db8::/124", "febf::ffff")).toEqual([]);
  });

  test("case P13, kind: other gateways outside, link-local ones of IPv4 too, are warned of still", () => {
    for (const gateway of ["fd00:2::1", "fec0::1"]) {
      expect(warnings("fd00:1::/64", gateway)).toEqual([
        `gateway ${gateway} is not in network fd00:1::/64: containers may not reach it`,
      ]);
    }
    expect(warnings("10.1.0.0/24", "169.254.1.1")).toHaveLength(1);
    // U5: one of another family is refused, link-local or not.
    expect(() => warnings("10.1.0.0/24", "fe80::1")).toThrow("is of another family");
  });
});

test("1294, 1295: a foreign gateway, the network's and the broadcast address are warned of", () => {
  const sets = parseRangeSets([
    [
      {
        subnet: "10.1.0.0/24",
        rangeStart: "10.1.0.0",
        rangeEnd: "10.1.0.255",
        gateway: "10.9.0.1",
      },
    ],
    [{ subnet: "10.2.0.0/24" }],
  ]);
  expect(rangeWarnings(sets)).toEqual([
    "gateway 10.9.0.1 is not in network 10.1.0.0/24: containers may not reach it",
    "the range 10.1.0.0-10.1.0.255 includes the network address of 10.1.0.0/24",
    "the range 10.1.0.0-10.1.0.255 includes the broadcast address of 10.1.0.0/24",
  ]);
});
