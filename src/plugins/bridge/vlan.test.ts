import { expect, test } from "bun:test";
import type { vlan } from "../../kernel/route/index.ts";
import { decode } from "../../plugin/index.ts";
import { schema } from "./config.ts";
import { parseVlans } from "./vlan.ts";

const native = (vid: number): vlan.VlanRange => ({
  first: vid,
  last: vid,
  pvid: true,
  untagged: true,
});

test("without VLANs there are none", () => {
  expect(parseVlans(0, [])).toEqual([]);
  expect(parseVlans(0, [{}])).toEqual([]);
});

test("one VLAN is untagged", () => {
  expect(parseVlans(100, [])).toEqual([native(100)]);
});

test("a trunk is the union of its parts, in as few ranges as possible, and VLAN 1 untagged", () => {
  const trunk = [{ minID: 10, maxID: 12, id: 20 }, { id: 13 }, { minID: 12, maxID: 14 }, { id: 2 }];
  expect(parseVlans(0, trunk)).toEqual([
    native(1),
    { first: 2, last: 2 },
    { first: 10, last: 14 },
    { first: 20, last: 20 },
  ]);
});

test("the untagged VLAN is not also a tagged one", () => {
  expect(parseVlans(11, [{ minID: 10, maxID: 12 }])).toEqual([
    native(11),
    { first: 10, last: 10 },
    { first: 12, last: 12 },
  ]);
  expect(parseVlans(0, [{ minID: 1, maxID: 4094 }])).toEqual([native(1), { first: 2, last: 4094 }]);
});

test.each([
  [4095, [], "invalid VLAN ID 4095 (must be between 0 and 4094)"],
  [-1, [], "invalid VLAN ID -1"],
  [0, [{ minID: 0, maxID: 5 }], "incorrect trunk minID parameter"],
  [0, [{ minID: 5, maxID: 4095 }], "incorrect trunk maxID parameter"],
  [0, [{ id: 4095 }], "incorrect trunk id parameter"],
])("%j %j is refused when it is read", (vlan, vlanTrunk, text) => {
  expect(() => decode(schema, { vlan, vlanTrunk })).toThrow(text);
});

test.each([
  [0, [{ minID: 6, maxID: 5 }], "minID is greater than maxID in trunk parameter"],
  [0, [{ minID: 6 }], "minID and maxID should be configured simultaneously, maxID is missing"],
  [0, [{ maxID: 6 }], "minID and maxID should be configured simultaneously, minID is missing"],
])("%j %j is refused", (vid, trunk, text) => {
  expect(() => parseVlans(vid, trunk)).toThrow(text);
});
