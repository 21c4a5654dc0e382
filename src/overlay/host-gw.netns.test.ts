import { expect, test } from "bun:test";
import { exchanged, lostDuring } from "../../tests/support/datagrams.ts";
import { needs } from "../../tests/support/needs.ts";
import { Keepers } from "../../tests/support/overlay-keepers.ts";
import {
  type OverlayNode,
  overlayNodesForEachTest,
  WIRE_MTU,
} from "../../tests/support/overlay-nodes.ts";
import { runIn } from "../../tests/support/route-pair.ts";
import { Ip, Prefix } from "../addr/index.ts";
import { route } from "../kernel/route/index.ts";
import { overlayMtu, UnderlayError, underlayOf } from "./index.ts";

const nodes = overlayNodesForEachTest(3);

function two(): [OverlayNode, OverlayNode] {
  const [a, b] = nodes();
  if (a === undefined || b === undefined) throw new Error("two nodes");
  return [a, b];
}

const ipv6 = needs("kernel:ipv6");

ipv6("over IPv6, containers reach each other in both families, with whole packets", async () => {
  await using keepers = new Keepers(nodes(), "host-gw", { underlay: 6 });
  await keepers.keep();
  expect(keepers.troubles).toEqual([]);
  const [a, b] = two();
  expect(overlayMtu("host-gw", WIRE_MTU, 6)).toBe(WIRE_MTU);
  for (const [family, headers] of [
    [4, 28],
    [6, 48],
  ] as const) {
    const bytes = WIRE_MTU - headers;
    expect(exchanged(a.end(family), b.end(family), { bytes })).toBe(true);
  }
});

test("over IPv4, IPv6 addresses cannot be reached, and that is named", async () => {
  await using keepers = new Keepers(nodes(), "host-gw");
  await keepers.keep();
  const [a, b] = two();
  expect(exchanged(a.end(4), b.end(4))).toBe(true);
  expect(exchanged(a.end(6), b.end(6), { withinMs: 100 })).toBe(false);
  expect(keepers.of(a).trouble).toContain(
    "node n2: its IPv6 addresses cannot be reached by way of 192.0.2.12",
  );
});

test("a node behind a router is named, and has no route", async () => {
  await using keepers = new Keepers(nodes(), "host-gw");
  const [a, b] = two();
  const subnets = [Prefix.parse("10.42.0.0/16")];
  const far = { ...keepers.peerOf(b, [b.prefixes[4]]), underlay: Ip.parse("198.51.100.1") };
  await keepers.want(a, keepers.wantedOf(a, { subnets, peers: new Map([[b.id, far]]) }));
  expect(keepers.of(a).trouble).toContain("in no subnet of the fleet");
  const wanted = { subnets, gateways: [a.gateways[4]], peers: new Map([[b.id, far]]) };
  await keepers.want(a, keepers.wantedOf(a, wanted));
  expect(keepers.of(a).troubles).toEqual([
    "node n2: 198.51.100.1 is not on the link eth0, as host-gw needs it",
  ]);
  expect(route.list(a.socket, { protocol: 72 })).toEqual([]);
});

ipv6("a keeper that begins again changes nothing, and no packet is lost", async () => {
  const [a, b] = two();
  const first = new Keepers(nodes(), "host-gw", { underlay: 6 });
  await first.keep();
  const again = async (): Promise<void> => {
    await first[Symbol.asyncDispose]();
    await using keepers = new Keepers(nodes(), "host-gw", { underlay: 6 });
    await keepers.keep();
    expect(nodes().map((node) => keepers.of(node).changes)).toEqual([0, 0, 0]);
  };
  expect(await lostDuring(a.end(4), b.end(4), 1000, again)).toBe(0);
});

ipv6(
  "a prefix that moves from one node to another is one change, and its way is never open",
  async () => {
    await using keepers = new Keepers(nodes(), "host-gw", { underlay: 6 });
    await keepers.keep();
    const [a, b] = two();
    const before = keepers.of(a).changes;
    const peers = new Map(keepers.wantedOf(a).peers);
    peers.set("n2", keepers.peerOf(b, [b.prefixes[6]]));
    const third = nodes()[2];
    if (third === undefined) throw new Error("three nodes");
    peers.set("n3", keepers.peerOf(third, [third.prefixes[4], third.prefixes[6], b.prefixes[4]]));
    await keepers.want(a, keepers.wantedOf(a, { peers }));
    expect(keepers.of(a).changes - before).toBe(1);
    expect(runIn(a.netns, "ip route show 10.42.2.0/24")).toContain("via inet6 2001:db8::13");
  },
);

test("the address between the nodes: by default route, interface, address or subnet", () => {
  const [a] = two();
  const found = (configured?: string): string => {
    const { address, name, mtu } = underlayOf(configured, a.netns);
    return `${address} ${name} ${mtu}`;
  };
  const four = "192.0.2.11 eth0 1500";
  expect(() => found()).toThrow(UnderlayError);
  runIn(a.netns, "ip -6 route add default via 2001:db8::99");
  expect(found()).toBe("2001:db8::11 eth0 1500");
  runIn(a.netns, "ip route add default via 192.0.2.99");
  expect(found()).toBe(four);
  runIn(a.netns, "ip address add 192.0.2.50/24 dev eth0");
  runIn(a.netns, "ip route add default via 192.0.2.98 src 192.0.2.50 metric 7");
  expect(found()).toBe(four);
  runIn(a.netns, "ip route del default via 192.0.2.99");
  expect(found()).toBe("192.0.2.50 eth0 1500");
  expect([found("eth0"), found("192.0.2.11"), found("192.0.2.0/28")]).toEqual([four, four, four]);
  expect(found("2001:db8::/64")).toBe("2001:db8::11 eth0 1500");
  for (const bad of ["eth7", "192.0.2.77", "198.51.100.0/24", "", "lo"]) {
    expect(() => found(bad)).toThrow(UnderlayError);
  }
});
