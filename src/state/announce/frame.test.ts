import { expect, test } from "bun:test";
import { Ip, Mac } from "../../addr/index.ts";
import { internetChecksum } from "../../bytes/index.ts";
import { announcement } from "./frame.ts";

const mac = Mac.parse("02:00:00:00:00:07");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("IPv4: an ARP reply to everybody, about the sender", () => {
  expect(hex(announcement(Ip.parse("10.1.0.7"), mac))).toBe(
    "ffffffffffff0200000000070806" +
      "0001080006040002" +
      "0200000000070a010007" +
      "0200000000070a010007",
  );
});

test("IPv6: an advertisement to all nodes that overrides what they know, with a right checksum", () => {
  const frame = announcement(Ip.parse("fd00::7"), mac);
  const address = "fd000000000000000000000000000007";
  const allNodes = "ff020000000000000000000000000001";
  const checksum = hex(frame.subarray(56, 58));
  expect(hex(frame)).toBe(
    `333300000001${"020000000007"}86dd` +
      `6000000000203aff${address}${allNodes}` +
      `8800${checksum}20000000${address}0201020000000007`,
  );
  const pseudo = Uint8Array.from([...frame.subarray(22, 54), 0, 0, 0, 32, 0, 0, 0, 58]);
  const summed = Uint8Array.from([...pseudo, ...frame.subarray(54)]);
  expect(internetChecksum(summed)).toBe(0);
});
