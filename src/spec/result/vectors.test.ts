import { describe, expect, test } from "bun:test";

import { CniError } from "../errors.ts";
import { type JsonObject, parseJson } from "../json/index.ts";
import { SPEC_VERSIONS } from "../versions.ts";
import { convertResult, parseResult } from "./index.ts";

/** Converts as Go does: the source must be of the version's own form. */
function convert(source: string | object, from: string, to: string): JsonObject {
  const text = typeof source === "string" ? source : JSON.stringify(source);
  return convertResult(parseResult(text, from, { exact: true }), to);
}

const dns = { nameservers: ["8.8.8.8"], domain: "d", search: ["s"], options: ["o"] };
const ip4 = {
  ip: "10.1.0.5/16",
  gateway: "10.1.0.1",
  routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }],
};
const ip6 = { ip: "2001:db8::5/64", gateway: "2001:db8::1", routes: [{ dst: "::/0" }] };
const eth0 = { name: "eth0", mac: "00:11:22:33:44:55", sandbox: "/ns" };
const ips = [
  { interface: 0, address: "10.1.0.5/16", gateway: "10.1.0.1" },
  { address: "10.2.0.5/16" },
  { address: "2001:db8::5/64", gateway: "2001:db8::1" },
];
const tagged = ips.map((ip, at) => ({ version: at === 2 ? "6" : "4", ...ip }));
const routes = [
  {
    dst: "0.0.0.0/0",
    gw: "10.1.0.1",
    mtu: 1400,
    advmss: 1360,
    priority: 10,
    table: 100,
    scope: 253,
  },
  { dst: "::/0" },
];
const full = { ...eth0, mtu: 1500, socketPath: "/s", pciID: "0000:01:00.0" };
const current = (cniVersion: string) => ({ cniVersion, interfaces: [full], ips, routes, dns });

const SLOTS = ["0.1.0", "0.2.0"] as const;
const TAGGED = ["0.3.0", "0.3.1", "0.4.0"] as const;
const CURRENT = ["1.0.0", "1.1.0"] as const;
const pairs = <A, B>(from: readonly A[], to: readonly B[]): [A, B][] =>
  from.flatMap((one) => to.map((other): [A, B] => [one, other]));

describe("conversion between the forms (Go's output, compared as JSON values)", () => {
  test.each(pairs(CURRENT, SLOTS))("R116 %s to %s", (from, to) => {
    expect(convert(current(from), from, to)).toEqual({ cniVersion: to, ip4, ip6, dns });
  });

  test.each(pairs(CURRENT, TAGGED))("R115 %s to %s", (from, to) => {
    const expected = { cniVersion: to, interfaces: [eth0], ips: tagged, routes, dns };
    expect(convert(current(from), from, to)).toEqual(expected);
  });

  test.each(pairs(CURRENT, CURRENT))("R110 %s to %s", (from, to) => {
    expect(convert(current(from), from, to)).toEqual(current(to));
  });

  const shortRoutes = [
    { dst: "0.0.0.0/0", gw: "10.1.0.1", mtu: 1400, table: 100 },
    { dst: "::/0" },
  ];
  const inTagged = (cniVersion: string) => ({
    cniVersion,
    interfaces: [{ ...eth0, mtu: 1500 }],
    ips: tagged,
    routes: shortRoutes,
  });

  test.each(pairs(TAGGED, SLOTS))("R113 %s to %s", (from, to) => {
    expect(convert(inTagged(from), from, to)).toEqual({ cniVersion: to, ip4, ip6, dns: {} });
  });

  test.each(pairs(TAGGED, TAGGED))(
    "R110 D14 %s to %s keeps the unknown mtu, other than Go",
    (from, to) => {
      expect(convert(inTagged(from), from, to)).toEqual({ ...inTagged(to), dns: {} });
    },
  );

  test.each(pairs(TAGGED, CURRENT))("R114 %s to %s", (from, to) => {
    const expected = { cniVersion: to, interfaces: [eth0], ips, routes: shortRoutes };
    expect(convert(inTagged(from), from, to)).toEqual(expected);
  });

  const short6 = { ip: "2001:db8::5/64", routes: [{ dst: "::/0" }] };
  const inSlots = (cniVersion: string) => ({
    cniVersion,
    ip4,
    ip6: short6,
    dns: { nameservers: ["8.8.8.8"] },
  });
  const fromSlots = {
    routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }, { dst: "::/0" }],
    dns: { nameservers: ["8.8.8.8"] },
  };

  test.each(pairs(SLOTS, TAGGED))("R111 %s to %s", (from, to) => {
    expect(convert(inSlots(from), from, to)).toEqual({
      cniVersion: to,
      ips: [
        { version: "4", address: "10.1.0.5/16", gateway: "10.1.0.1" },
        { version: "6", address: "2001:db8::5/64" },
      ],
      ...fromSlots,
    });
  });

  test.each(pairs(SLOTS, CURRENT))("R112 %s to %s", (from, to) => {
    expect(convert(inSlots(from), from, to)).toEqual({
      cniVersion: to,
      ips: [{ address: "10.1.0.5/16", gateway: "10.1.0.1" }, { address: "2001:db8::5/64" }],
      ...fromSlots,
    });
  });

  test.each(pairs(SLOTS, SLOTS))("R110 %s to %s", (from, to) => {
    expect(convert(inSlots(from), from, to)).toEqual(inSlots(to));
  });

  test.each(pairs(SPEC_VERSIONS, SPEC_VERSIONS))(
    "R108 there is a way from %s to %s",
    (from, to) => {
      const source = { ...current("1.1.0"), interfaces: [] };
      const there = convertResult(parseResult(convert(source, "1.1.0", from), from), to);
      expect(there["cniVersion"]).toBe(to);
      const back = parseResult(there, to, { exact: true });
      expect(back.ips.map((ip) => ip.address)).toContain("10.1.0.5/16");
      expect(back.ips.map((ip) => ip.address)).toContain("2001:db8::5/64");
      expect(back.routes.map((route) => route.dst)).toEqual(["0.0.0.0/0", "::/0"]);
      expect(back.dns).toEqual(dns);
    },
  );
});

describe("edge cases", () => {
  const at = (version: string, more: object) => ({ cniVersion: version, ...more });

  test.each([
    ["R110", at("1.1.0", {}), "1.1.0", "0.4.0", { cniVersion: "0.4.0", dns: {} }],
    ["R110", at("1.1.0", { ips: [] }), "1.1.0", "1.0.0", { cniVersion: "1.0.0" }],
    [
      "R115",
      at("1.1.0", { ips: [{ address: "::ffff:10.0.0.1/120" }] }),
      "1.1.0",
      "0.4.0",
      { cniVersion: "0.4.0", ips: [{ version: "4", address: "10.0.0.1/24" }], dns: {} },
    ],
    [
      "R119",
      at("1.1.0", { ips: [{ address: "10.0.0.1/24", interface: -1 }] }),
      "1.1.0",
      "1.1.0",
      at("1.1.0", { ips: [{ address: "10.0.0.1/24", interface: -1 }] }),
    ],
    [
      "R118",
      at("1.1.0", { ips: [{ address: "2001:DB8:0:0::1/64", interface: 7 }] }),
      "1.1.0",
      "1.1.0",
      at("1.1.0", { ips: [{ address: "2001:db8::1/64", interface: 7 }] }),
    ],
    [
      "R119",
      at("1.1.0", {
        interfaces: [{}],
        routes: [{ dst: "10.0.0.0/8", table: 0, scope: 0, mtu: 0 }],
      }),
      "1.1.0",
      "1.1.0",
      at("1.1.0", {
        interfaces: [{ name: "" }],
        routes: [{ dst: "10.0.0.0/8", scope: 0, table: 0 }],
      }),
    ],
    [
      "R120",
      { CNIVersion: "1.1.0", IPS: [{ Address: "10.0.0.1/24" }] },
      "1.1.0",
      "1.1.0",
      at("1.1.0", { ips: [{ address: "10.0.0.1/24" }] }),
    ],
    [
      "R114",
      at("0.4.0", { ips: [{ version: "6", address: "10.0.0.1/24" }] }),
      "0.4.0",
      "1.1.0",
      at("1.1.0", { ips: [{ address: "10.0.0.1/24" }] }),
    ],
    [
      "R113",
      at("0.4.0", { ips: [{ version: "4", address: "10.0.0.1/24" }], routes: [{ dst: "::/0" }] }),
      "0.4.0",
      "0.2.0",
      { cniVersion: "0.2.0", ip4: { ip: "10.0.0.1/24" }, dns: {} },
    ],
    ["R112", at("0.2.0", {}), "0.2.0", "1.1.0", { cniVersion: "1.1.0" }],
    ["R108", {}, "", "", { cniVersion: "0.1.0", dns: {} }],
    ["R109", at("1.1.0", {}), "1.0.0", "1.1.0", { cniVersion: "1.1.0" }],
    [
      "R118",
      at("0.4.0", { ips: [], routes: [{ dst: "10.1.2.3/8", gw: "", mtu: 5 }] }),
      "0.4.0",
      "0.4.0",
      at("0.4.0", { routes: [{ dst: "10.1.2.3/8", mtu: 5 }], dns: {} }),
    ],
  ])("%s %j of %s as %s is %j", (_rule, source, from, to, expected) => {
    expect(convert(source, from, to)).toEqual(expected as JsonObject);
  });

  test.each([
    ["R113", at("1.1.0", {}), "1.1.0", "0.2.0", "cannot convert: no valid IP addresses"],
    [
      "R113",
      at("0.4.0", { ips: [{ address: "10.0.0.1/24" }] }),
      "0.4.0",
      "0.2.0",
      "cannot convert: no valid IP addresses",
    ],
    [
      "R118",
      at("1.1.0", { ips: [{ address: "10.0.0.1" }] }),
      "1.1.0",
      "1.1.0",
      "ips[0].address: invalid CIDR address: 10.0.0.1",
    ],
    [
      "R118",
      at("1.1.0", { ips: [{ address: "10.0.0.1/24", gateway: "x" }] }),
      "1.1.0",
      "1.1.0",
      "ips[0].gateway: invalid IP address: x",
    ],
    [
      "R118",
      at("0.2.0", { ip4: { ip: "10.0.0.1/24", routes: [{ dst: "10.0.0.0/8", gw: "010.0.0.1" }] } }),
      "0.2.0",
      "0.2.0",
      "ip4.routes[0].gw: invalid IP address: 010.0.0.1",
    ],
    [
      "R109",
      { ips: [] },
      "0.3.0",
      "0.3.0",
      'result type supports [0.3.0 0.3.1 0.4.0] but unmarshalled CNIVersion is ""',
    ],
    [
      "R109",
      at("0.4.0", {}),
      "1.1.0",
      "1.1.0",
      'result type supports [1.0.0 1.1.0] but unmarshalled CNIVersion is "0.4.0"',
    ],
    ["R109", {}, "0.5.0", "0.5.0", 'unsupported CNI result version "0.5.0"'],
    [
      "R108",
      at("1.1.0", {}),
      "1.1.0",
      "2.0.0",
      "no converter for CNI result version 1.1.0 to 2.0.0",
    ],
  ])("%s %j of %s to %s is an error: %s", (_rule, source, from, to, message) => {
    expect(() => convert(source, from, to)).toThrow(message);
    expect(() => convert(source, from, to)).toThrow(CniError);
  });

  test("R118 D26 an entry without address is refused, where Go prints <nil>", () => {
    expect(() => convert(at("1.1.0", { ips: [{}] }), "1.1.0", "1.1.0")).toThrow(
      "ips[0].address: missing",
    );
    expect(() => convert(at("1.1.0", { routes: [{}] }), "1.1.0", "1.1.0")).toThrow(
      "routes[0].dst: missing",
    );
  });

  test("R119 D26 a null among the addresses or routes is dropped, where Go keeps it", () => {
    const source = at("1.1.0", { ips: [null], routes: [null], interfaces: [null, { name: "b" }] });
    const expected = at("1.1.0", { interfaces: [{ name: "" }, { name: "b" }] });
    expect(convert(source, "1.1.0", "1.1.0")).toEqual(expected);
  });

  test("R111 R113 the place in an old result counts, not the address", () => {
    const source = at("0.2.0", { ip4: { ip: "2001:db8::1/64" } });
    expect(convert(source, "0.2.0", "0.4.0")["ips"]).toEqual([
      { version: "4", address: "2001:db8::1/64" },
    ]);
    expect(convert(source, "0.2.0", "0.1.0")["ip4"]).toEqual({ ip: "2001:db8::1/64" });
  });

  test("D14 R117 unknown keys survive in the form they came in, with all digits", () => {
    const text =
      '{"cniVersion":"1.1.0","foo":12345678901234567890,"ips":[{"address":"10.0.0.1/24","custom":1.0}]}';
    const converted = convert(text, "1.1.0", "1.0.0");
    expect(converted).toEqual(parseJson(text.replace('"1.1.0"', '"1.0.0"')) as JsonObject);
  });

  test("D29 routes of an old result belong to the address of their family", () => {
    const routes = [{ dst: "::/0" }, { dst: "0.0.0.0/0" }];
    const source = at("0.2.0", { ip4: { ip: "10.0.0.1/24", routes }, ip6: { ip: "::1/64" } });
    expect(convert(source, "0.2.0", "0.1.0")).toEqual({
      cniVersion: "0.1.0",
      ip4: { ip: "10.0.0.1/24", routes: [{ dst: "0.0.0.0/0" }] },
      ip6: { ip: "::1/64", routes: [{ dst: "::/0" }] },
      dns: {},
    });
  });
});
