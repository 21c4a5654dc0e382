import { describe, expect, test } from "bun:test";
import { fixture, fixtureHex, sentHex } from "../../../tests/support/netlink-fixture.ts";
import { Ip, Prefix } from "../../addr/index.ts";
import type { NetlinkRequest } from "../netlink/index.ts";
import type { Fd } from "../sys/index.ts";
import { address, link, neighbour, route, rule } from "./index.ts";

// Number that the namespace's descriptor had in `ip` when the fixture was captured.
const NETNS = { fd: { number: 4 } as Fd };
const ip = (text: string): Ip => Ip.parse(text);
const prefix = (text: string): Prefix => Prefix.parse(text);

const BR0 = 2;
const HOST1 = 5;
const VX0 = 7;

describe("what ip sends, we send byte for byte", () => {
  const sent: readonly (readonly [fixture: string, request: NetlinkRequest])[] = [
    [
      "link/veth",
      link.newMessage({
        name: "eth0",
        kind: "veth",
        mtu: 1400,
        address: "02:00:00:00:00:01",
        peer: { name: "host0", mtu: 1300, netns: NETNS },
      }),
    ],
    [
      "link/bridge",
      link.newMessage({
        name: "br1",
        kind: "bridge",
        bridge: { stp: false, vlanDefaultPvid: 0 },
      }),
    ],
    ["link/up", link.setMessage(BR0, { up: true })],
    ["link/master", link.setMessage(HOST1, { master: BR0 })],
    ["link/port", link.setPortMessage(HOST1, { hairpin: true, isolated: true })],
    ["link/change", link.setMessage(HOST1, { alias: "hello", txqlen: 50, promisc: true })],
    ["link/rename", link.setMessage(4, { name: "cont1" })],
    ["link/delete", link.deleteMessage(indexIn("link/delete", 4))],
    ["address/ipv4", address.newMessage({ index: BR0, prefix: prefix("10.1.2.3/24") })],
    ["address/ipv6", address.newMessage({ index: BR0, prefix: prefix("fd00::1/64"), nodad: true })],
    [
      "address/noprefixroute",
      address.newMessage({
        index: BR0,
        prefix: prefix("fd01::1/64"),
        nodad: true,
        flags: address.IFA_F_NOPREFIXROUTE,
      }),
    ],
    ["address/delete", address.deleteMessage({ index: BR0, prefix: prefix("fd01::1/64") })],
    [
      "route/metrics",
      route.newMessage({
        dst: prefix("10.9.0.0/16"),
        gateway: ip("10.1.2.1"),
        index: BR0,
        mtu: 1300,
        advmss: 1200,
        priority: 77,
        table: 100,
      }),
    ],
    [
      "route/default",
      route.newMessage({
        dst: prefix("0.0.0.0/0"),
        gateway: ip("10.1.2.1"),
        index: BR0,
        onlink: true,
      }),
    ],
    [
      "route/large-table",
      route.newMessage({
        dst: prefix("fd09::/64"),
        gateway: ip("fd00::2"),
        index: BR0,
        table: 1000,
      }),
    ],
    [
      "route/multipath",
      route.newMessage({
        dst: prefix("10.10.0.0/16"),
        multipath: [
          { gateway: ip("10.1.2.1"), index: BR0, weight: 2 },
          { gateway: ip("10.1.2.2"), index: BR0 },
        ],
      }),
    ],
    [
      "route/via",
      route.newMessage({ dst: prefix("10.11.0.0/16"), gateway: ip("fd00::2"), index: BR0 }),
    ],
    [
      "route/replace",
      route.replaceMessage({
        dst: prefix("10.9.0.0/16"),
        gateway: ip("10.1.2.2"),
        index: BR0,
        priority: 77,
        table: 100,
      }),
    ],
    [
      "rule/from",
      rule.newMessage({ family: 4, from: prefix("10.1.2.3/32"), table: 100, priority: 200 }),
    ],
    [
      "rule/mark",
      rule.newMessage({ family: 6, mark: 0x2000, mask: 0x2000, table: 1000, priority: 300 }),
    ],
    [
      "link/vxlan",
      link.newMessage({
        name: "vx0",
        kind: "vxlan",
        mtu: 1450,
        address: "02:00:00:00:00:0c",
        vxlan: { id: 4242, local: ip("10.1.2.3"), learning: false, port: 8472 },
      }),
    ],
    ["link/vxlan-local", link.setMessage(VX0, { vxlan: { id: 4242, local: ip("10.1.2.4") } })],
    [
      "neighbour/forwarding",
      neighbour.newForwardingMessage({
        index: VX0,
        address: "02:00:00:00:00:0d",
        dst: ip("10.1.2.9"),
      }),
    ],
    [
      "neighbour/forwarding-replace",
      neighbour.replaceForwardingMessage({
        index: VX0,
        address: "02:00:00:00:00:0d",
        dst: ip("10.1.2.10"),
      }),
    ],
    [
      "neighbour/forwarding-delete",
      neighbour.deleteForwardingMessage({ index: VX0, address: "02:00:00:00:00:0d" }),
    ],
    [
      "neighbour/permanent",
      neighbour.newMessage({ index: BR0, ip: ip("10.1.2.9"), address: "02:00:00:00:00:09" }),
    ],
  ];
  for (const [name, request] of sent) {
    test(name, () => {
      expect(sentHex(request, fixture(name).sequence)).toBe(fixtureHex(name));
    });
  }
});

describe("what the kernel answers is read", () => {
  test("a veth that is a port of a bridge", () => {
    const host1 = link.decodeLink(fixture("link/host1").payload);
    expect(host1).toMatchObject({
      index: HOST1,
      name: "host1",
      kind: "veth",
      address: "02:00:00:00:00:02",
      mtu: 1500,
      master: BR0,
      alias: "hello",
      txqlen: 50,
      promiscuity: 2,
      group: 0,
      up: false,
      operstate: "DOWN",
      port: { hairpin: true, isolated: true, learning: true, state: 0 },
    });
    expect(host1.extra.length).toBeGreaterThan(5);
  });

  test("a bridge with its settings", () => {
    expect(link.decodeLink(fixture("link/br0").payload)).toMatchObject({
      name: "br0",
      kind: "bridge",
      up: true,
      bridge: { stp: false, vlanFiltering: false, ageingTime: 30_000, multicastSnooping: true },
    });
  });

  test("an IPv4 address and an IPv6 address", () => {
    const four = address.decodeAddress(fixture("address/br0").payload);
    expect(four).toMatchObject({ index: BR0, family: 4, label: "br0", scope: 0, flags: 0x80 });
    expect([`${four?.prefix}`, `${four?.broadcast}`]).toEqual(["10.1.2.3/24", "10.1.2.255"]);
    expect(four?.lifetimes).toMatchObject({
      preferred: address.INFINITY_LIFE_TIME,
      valid: address.INFINITY_LIFE_TIME,
    });
    const six = address.decodeAddress(fixture("address/br0-6").payload);
    expect(`${six?.prefix}`).toBe("fd00::1/64");
    expect(six).toMatchObject({ family: 6, tentative: false, dadFailed: false });
  });

  test("a route with metrics and one with several hops", () => {
    const one = route.decodeRoute(fixture("route/table100").payload);
    expect([`${one?.dst}`, `${one?.gateway}`]).toEqual(["10.9.0.0/16", "10.1.2.2"]);
    expect(one).toMatchObject({ table: 100, priority: 77, protocol: 3, index: BR0 });
    const many = route.decodeRoute(fixture("route/table101").payload);
    expect(many?.multipath?.map((hop) => [`${hop.gateway}`, hop.index, hop.weight])).toEqual([
      ["10.1.2.1", BR0, 2],
      ["fd00::2", BR0, 1],
    ]);
  });

  test("a rule and a neighbour", () => {
    const last = rule.decodeRule(fixture("rule/last").payload);
    expect(last).toMatchObject({
      table: 1000,
      priority: 40_000,
      iif: "br0",
      mark: 0x2000,
      mask: 0xf000,
    });
    expect(`${last?.from}`).toBe("10.1.2.3/32");
    expect(last?.suppressPrefixLength).toBeUndefined();
    const near = neighbour.decodeNeighbour(fixture("neighbour/br0").payload);
    expect(`${near?.ip}`).toBe("10.1.2.9");
    expect(near).toMatchObject({ address: "02:00:00:00:00:09", state: neighbour.NUD_PERMANENT });
  });
});

describe("what the kernel answers of a VXLAN device is read", () => {
  test("the device, and its forwarding entries", () => {
    const vx0 = link.decodeLink(fixture("link/vx0").payload);
    expect(vx0).toMatchObject({
      name: "vx0",
      kind: "vxlan",
      mtu: 1450,
      address: "02:00:00:00:00:0c",
      vxlan: { id: 4242, learning: false, port: 8472 },
    });
    expect(`${vx0.vxlan?.local}`).toBe("10.1.2.4");
    const entry = neighbour.decodeForwarding(fixture("neighbour/vx0").payload);
    expect(entry).toMatchObject({ index: VX0, address: "02:00:00:00:00:0d" });
    expect(`${entry?.dst}`).toBe("10.1.2.10");
    expect(neighbour.decodeForwarding(fixture("neighbour/br0").payload)).toBeUndefined();
  });
});

describe("what is wrong is refused before it is sent", () => {
  test("an address of the other family, a bad hardware address, an empty name", () => {
    const dst = prefix("10.0.0.0/8");
    expect(() => route.newMessage({ dst, source: ip("fd00::1") })).toThrow("no IPv4 address");
    expect(() => rule.newMessage({ family: 6, from: dst })).toThrow("no IPv6 prefix");
    expect(() => link.setMessage(1, { address: "02:00" })).toThrow("invalid MAC address");
    expect(() => link.getMessage({ name: "" })).toThrow("no empty name");
    expect(() => link.setMessage({ name: "a" }, { name: "b" })).toThrow("renamed by its index");
    expect(() => link.deleteGroupMessage(0)).toThrow(RangeError);
  });
});

function indexIn(name: string, offset: number): number {
  const { payload } = fixture(name);
  return new DataView(payload.buffer, payload.byteOffset).getInt32(offset, true);
}
