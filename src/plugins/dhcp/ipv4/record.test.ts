import { expect, test } from "bun:test";
import { Ip, Mac, Prefix } from "../../../addr/index.ts";
import { isSameNetns } from "../netns-ref.ts";
import { decodeRecord, encodeRecord, type Ipv4Record } from "./record.ts";

const attachment = { network: "net1", containerId: "c1", ifName: "eth0" };
const netns = { path: "/run/netns/one", dev: "4", ino: "4026532700" };

function record(cookie?: string): Ipv4Record {
  return {
    attachment,
    netns: cookie === undefined ? netns : { ...netns, cookie },
    options: { provide: [[12, "61"]], request: [3, 1] },
    lease: {
      address: Prefix.parse("10.7.0.9/24"),
      server: Ip.parse("10.7.0.1"),
      routers: [Ip.parse("10.7.0.1")],
      routes: [{ dst: Prefix.parse("0.0.0.0/0"), gateway: Ip.parse("10.7.0.1") }],
      nameservers: [],
      times: { renewMs: 1000, rebindMs: 1500, expiryMs: Infinity },
    },
    mac: Mac.parse("02:00:00:00:00:01"),
    serverMac: Mac.parse("02:00:00:00:00:02"),
    grantedAt: 17.5,
  };
}

test("a record comes back as it was written, with the namespace's cookie and without", () => {
  for (const written of [record("70"), record()]) {
    expect(decodeRecord(attachment, encodeRecord(written))).toEqual(written);
  }
});

test("case S10, kind: a number that was given again is told by the cookie, where both references have one", () => {
  expect(isSameNetns({ ...netns, cookie: "70" }, { ...netns, cookie: "70" })).toBe(true);
  expect(isSameNetns({ ...netns, cookie: "70" }, { ...netns, cookie: "71" })).toBe(false);
  expect(isSameNetns(netns, { ...netns, cookie: "71" })).toBe(true);
  expect(isSameNetns({ ...netns, cookie: "70" }, { ...netns, ino: "1", cookie: "70" })).toBe(false);
});
