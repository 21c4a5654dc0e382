import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodeBackup, encodeBackup } from "./content.ts";

const whose = { network: "net1", containerId: "c1", ifName: "eth0", netns: "4:123", boot: "b" };

test("what only we keep stands behind the reference plugin's keys, which are in its order", () => {
  const attributes = { txQLen: 1000, mtu: 1500, mac: "02:00:00:00:00:01" };
  expect(encodeBackup({ attributes, index: 7, sysctls: [["net/a", "1"]] }, whose)).toBe(`{
 "mac": "02:00:00:00:00:01",
 "mtu": 1500,
 "txQLen": 1000,
 "hawser": {
  "network": "net1",
  "containerId": "c1",
  "ifName": "eth0",
  "netns": "4:123",
  "boot": "b",
  "index": 7,
  "sysctls": {
   "net/a": "1"
  }
 }
}`);
});

const path = fc.stringMatching(/^net\/[a-z0-9/_.-]{0,20}$/);
const sysctls = fc.uniqueArray(fc.tuple(path, fc.string()), { selector: ([key]) => key });
const attributes = fc.record(
  {
    mac: fc.string({ minLength: 1 }),
    promisc: fc.boolean(),
    mtu: fc.integer({ min: 1 }),
    allmulti: fc.boolean(),
    txQLen: fc.nat(),
  },
  { requiredKeys: [] },
);

test("what was written is what is read, sysctls in their order", () => {
  fc.assert(
    fc.property(attributes, sysctls, fc.nat(), (originals, values, index) => {
      const before = { attributes: originals, index, sysctls: values };
      expect(decodeBackup(encodeBackup(before, whose))).toEqual({ ...before, whose });
    }),
  );
});

test("a part of a backup is none, and no text makes reading fail", () => {
  const text = encodeBackup({ attributes: { mtu: 1500 }, sysctls: [["net/a", "1"]] }, whose);
  for (let length = 0; length < text.length; length++) {
    expect(decodeBackup(text.slice(0, length))).toBeUndefined();
  }
  fc.assert(fc.property(fc.json(), (any) => void decodeBackup(any)));
});

test("the reference plugin's backup says nothing of whose it is; other types are overlooked", () => {
  const text = '{"mac": "", "promisc": 1, "mtu": 0, "allmulti": false, "txQLen": "5"}';
  expect(decodeBackup(text)).toEqual({ attributes: { allmulti: false }, sysctls: [] });
});

const broken = [
  ...["1", "null", "[]", '{"hawser": null}', '{"hawser": {}}'],
  `{"mtu": 1300, "hawser": ${JSON.stringify({ ...whose, boot: 5, sysctls: {} })}}`,
  `{"mtu": 1300, "hawser": ${JSON.stringify({ ...whose, sysctls: [] })}}`,
];
test.each(broken)("%s is no backup", (text) => {
  expect(decodeBackup(text)).toBeUndefined();
});
