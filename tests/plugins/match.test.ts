import { expect, test } from "bun:test";
import { differences } from "./match.ts";

const PROMISED = { ips: [{ address: "10.0.0.2/24", interface: 0 }], interfaces: [{ mac: "*" }] };

test("a result as promised has no differences", () => {
  const found = { interfaces: [{ mac: "02:00:00:00:00:01" }], ips: PROMISED.ips };
  expect(differences(PROMISED, found)).toEqual([]);
});

test("each difference is named by its place", () => {
  const found = { ips: [{ address: "10.0.0.3/24" }], interfaces: [{}, {}], dns: {} };
  expect(differences(PROMISED, found)).toEqual([
    'ips[0].address is "10.0.0.3/24", promised was "10.0.0.2/24"',
    "ips[0].interface is absent, promised was 0",
    'interfaces[0].mac is absent, promised was "*"',
    "interfaces[1] is {}, promised was absent",
    "dns is {}, promised was absent",
  ]);
});

test("an object is no list, and nothing is no object", () => {
  expect(differences({}, [])).toHaveLength(1);
  expect(differences([], {})).toHaveLength(1);
  expect(differences({}, null)).toHaveLength(1);
  expect(differences("*", undefined)).toHaveLength(1);
});
