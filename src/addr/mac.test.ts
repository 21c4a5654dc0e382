import { describe, expect, test } from "bun:test";

import { Mac } from "./index.ts";

const INFINIBAND = "00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01";

describe("hardware addresses", () => {
  // The forms Go's net.ParseMAC documents.
  test.each([
    ["00:00:5E:00:53:01", "00:00:5e:00:53:01"],
    ["00-00-5e-00-53-01", "00:00:5e:00:53:01"],
    ["0000.5e00.5301", "00:00:5e:00:53:01"],
    ["02:00:5e:10:00:00:00:01", "02:00:5e:10:00:00:00:01"],
    ["0200.5e10.0000.0001", "02:00:5e:10:00:00:00:01"],
    [INFINIBAND, INFINIBAND],
  ])("reads %s as %s", (text, printed) => {
    expect(Mac.parse(text).toString()).toBe(printed);
  });

  test.each([
    "",
    "00:00:5e:00:53",
    "00:00:5e:00:53:01:02",
    "00:00:5e-00:53:01",
    "0:0:5e:0:53:1",
    "00005e005301",
    "00:00:5e:00:53:0g",
    "00:00:5e:00:53:01:",
    "0000.5e00.53",
    "00:00:5e:00:53:01\n",
  ])("refuses %j with Go's text", (text) => {
    expect(() => Mac.parse(text)).toThrow(new RangeError(`address ${text}: invalid MAC address`));
  });

  test("values are equal by their bytes, which cannot be changed from outside", () => {
    const mac = Mac.parse("00:00:5e:00:53:01");
    mac.bytes[0] = 9;
    expect(mac.equals(Mac.fromBytes(new Uint8Array([0, 0, 0x5e, 0, 0x53, 1])))).toBe(true);
    expect(mac.equals(Mac.parse("00:00:5e:00:53:02"))).toBe(false);
  });
});
