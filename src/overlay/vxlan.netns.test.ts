import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exchanged, lostDuring, sourceTo } from "../../tests/support/datagrams.ts";
import { needs } from "../../tests/support/needs.ts";
import { Keepers, NETWORK } from "../../tests/support/overlay-keepers.ts";
import {
  type OverlayNode,
  overlayNodesForEachTest,
  WIRE_MTU,
} from "../../tests/support/overlay-nodes.ts";
import { jsonIn, runIn } from "../../tests/support/route-pair.ts";
import { shownCommands } from "../../tools/docs.ts";
import { Ip, Prefix } from "../addr/index.ts";
import { address, link, neighbour, route } from "../kernel/route/index.ts";
import { writeSysctl } from "../kernel/sysctl/index.ts";
import { deviceName, overlayMac, overlayMtu } from "./index.ts";

const nodes = overlayNodesForEachTest(3);
const vxlan = needs("kernel:vxlan", "kernel:ipv6");
const DEVICE = deviceName(NETWORK);
const FAMILIES = [4, 6] as const;
/** Headers of IP and UDP in front of what a program sends. */
const HEADERS = { 4: 28, 6: 48 } as const;

/** Pairs of nodes whose containers do not reach each other. */
function silent(bytes?: number): string[] {
  const found: string[] = [];
  for (const from of nodes()) {
    for (const to of nodes()) {
      for (const family of from === to ? [] : FAMILIES) {
        const options = bytes === undefined ? {} : { bytes: bytes - HEADERS[family] };
        if (!exchanged(from.end(family), to.end(family), options)) {
          found.push(`${from.id} to ${to.id} by IPv${family}`);
        }
      }
    }
  }
  return found;
}

function three(): [OverlayNode, OverlayNode, OverlayNode] {
  const [a, b, c] = nodes();
  if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes");
  return [a, b, c];
}

for (const underlay of FAMILIES) {
  vxlan(`containers reach each other in both families over IPv${underlay}`, async () => {
    await using keepers = new Keepers(nodes(), "vxlan", { underlay });
    await keepers.keep();
    expect(keepers.troubles).toEqual([]);
    expect(silent()).toEqual([]);
  });

  vxlan(`the largest packets pass whole over IPv${underlay}, larger ones do not`, async () => {
    await using keepers = new Keepers(nodes(), "vxlan", { underlay });
    await keepers.keep();
    const mtu = overlayMtu("vxlan", WIRE_MTU, underlay);
    expect(mtu).toBe(underlay === 4 ? 1450 : 1430);
    expect(silent(mtu)).toEqual([]);
    const [a, b] = three();
    for (const family of FAMILIES) {
      const options = { bytes: mtu - HEADERS[family] + 1, withinMs: 100 };
      expect(exchanged(a.end(family), b.end(family), options)).toBe(false);
    }
  });
}

vxlan(
  "the node's own packets start at its gateway, and are answered, by strict hosts too",
  async () => {
    for (const { netns } of nodes()) writeSysctl("net/ipv4/conf/all/rp_filter", "1", netns);
    await using keepers = new Keepers(nodes(), "vxlan");
    await keepers.keep();
    const [a, b] = three();
    for (const family of FAMILIES) {
      expect(sourceTo(a.netns, b.own[family])).toBe(a.gateways[family].toString());
      const own = { netns: a.netns, ip: a.gateways[family] };
      expect(exchanged(own, b.end(family))).toBe(true);
      expect(exchanged(own, { netns: b.netns, ip: b.gateways[family] })).toBe(true);
    }
  },
);

vxlan("ip and bridge show one device, and nothing that is flooded", async () => {
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  const [a, b, c] = three();
  const [device] = jsonIn(a.netns, `ip -d -j link show dev ${DEVICE}`);
  expect(device).toMatchObject({
    ifalias: `hawser overlay of network ${NETWORK}`,
    mtu: 1450,
    address: overlayMac(NETWORK, a.id).toString(),
    linkinfo: {
      info_kind: "vxlan",
      info_data: { id: 4242, port: 4789, learning: false, local: a.underlay[4].toString() },
    },
  });
  const entries = jsonIn(a.netns, `bridge -j fdb show dev ${DEVICE}`) as {
    mac: string;
    dst: string;
  }[];
  const shown = entries.map(({ mac, dst }) => `${mac} ${dst}`);
  const wanted = [b, c].map((each) => `${overlayMac(NETWORK, each.id)} ${each.underlay[4]}`);
  expect(shown.toSorted()).toEqual(wanted.toSorted());
  expect(runIn(a.netns, "ip route show proto 72")).toContain(
    `10.42.2.0/24 via 10.42.2.1 dev ${DEVICE}`,
  );
});

vxlan("each command of docs/overlay.md shows something of it", async () => {
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  const [a] = three();
  const page = readFileSync(join(import.meta.dirname, "../../docs/overlay.md"), "utf8");
  const commands = shownCommands(page).filter((command) => !command.startsWith("wg "));
  expect(commands.length).toBe(6);
  for (const command of commands) {
    expect(runIn(a.netns, command)).toMatch(/fleet5e1357f708|permanent/iu);
  }
});

vxlan("a keeper that begins again changes nothing, and no packet is lost", async () => {
  const [a, b] = three();
  const first = new Keepers(nodes(), "vxlan");
  await first.keep();
  const before = nodes().map(({ netns }) => runIn(netns, "ip -d link"));
  const again = async (): Promise<void> => {
    await first[Symbol.asyncDispose]();
    for (let round = 0; round < 5; round++) {
      await using keepers = new Keepers(nodes(), "vxlan");
      await keepers.keep();
      for (const node of nodes()) expect(keepers.of(node).changes).toBe(0);
    }
  };
  expect(await lostDuring(a.end(4), b.end(4), 3000, again)).toBe(0);
  expect(nodes().map(({ netns }) => runIn(netns, "ip -d link"))).toEqual(before);
});

vxlan("a device that is away for a moment is packets lost: the flood sees it", async () => {
  const [a, b] = three();
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  const away = async (): Promise<void> => {
    link.delete(a.socket, { name: DEVICE });
    await keepers.keep();
  };
  expect(await lostDuring(a.end(4), b.end(4), 1000, away)).toBeGreaterThan(0);
  expect(exchanged(a.end(4), b.end(4))).toBe(true);
});

vxlan("before it knows what is wanted, a keeper leaves all as it stands", async () => {
  const [a, b] = three();
  const first = new Keepers(nodes(), "vxlan");
  await first.keep();
  await first[Symbol.asyncDispose]();
  await using keepers = new Keepers(nodes(), "vxlan", { checkMs: 5 });
  for (const node of nodes()) keepers.of(node).look();
  await Bun.sleep(100);
  expect(nodes().map((node) => keepers.of(node).changes)).toEqual([0, 0, 0]);
  expect(exchanged(a.end(4), b.end(4))).toBe(true);
});

vxlan("a node that goes takes with it what was its own, and nothing else", async () => {
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  const [a, b, c] = three();
  const keeper = keepers.of(a);
  const before = keeper.changes;
  const gone = async (): Promise<void> => {
    await keepers.want(a, keepers.wantedOf(a, { peers: new Map([[b.id, keepers.peerOf(b)]]) }));
  };
  expect(await lostDuring(a.end(4), b.end(4), 1000, gone)).toBe(0);
  // Two routes, two neighbours, one forwarding entry.
  expect(keeper.changes - before).toBe(5);
  expect(exchanged(a.end(4), c.end(4), { withinMs: 100 })).toBe(false);
});

vxlan(
  "a node that moves to another address is found there, by one change of the others",
  async () => {
    await using keepers = new Keepers(nodes(), "vxlan");
    await keepers.keep();
    const [a, b] = three();
    const before = keepers.of(a).changes;
    const index = link.get(b.socket, { name: "eth0" })?.index ?? 0;
    const moved = Ip.parse("192.0.2.99");
    const addresses = { index, prefix: new Prefix(b.underlay[4], 24) };
    address.delete(b.socket, addresses);
    address.add(b.socket, { index, prefix: new Prefix(moved, 24) });
    await keepers.want(b, keepers.wantedOf(b, { underlay: moved }));
    const peers = new Map(keepers.wantedOf(a).peers);
    peers.set(b.id, { ...keepers.peerOf(b), underlay: moved });
    await keepers.want(a, keepers.wantedOf(a, { peers }));
    expect(keepers.of(a).changes - before).toBe(1);
    expect(keepers.troubles).toEqual([]);
    for (const family of FAMILIES) expect(exchanged(a.end(family), b.end(family))).toBe(true);
  },
);

vxlan("another VNI and another port make another device, and all of it comes back", async () => {
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  for (const node of nodes()) {
    await keepers.want(node, keepers.wantedOf(node, { vni: 77, port: 8472 }));
  }
  expect(keepers.troubles).toEqual([]);
  expect(silent()).toEqual([]);
});

vxlan("what was taken away comes back, and that is said", async () => {
  await using keepers = new Keepers(nodes(), "vxlan", { checkMs: 20 });
  await keepers.keep();
  const [a, b] = three();
  const spoil: (() => void)[] = [
    () => link.delete(a.socket, { name: DEVICE }),
    () => link.set(a.socket, { name: DEVICE }, { up: false }),
    () => link.set(a.socket, { name: DEVICE }, { mtu: 1000, address: "02:00:00:00:00:01" }),
    () => void runIn(a.netns, "ip route flush proto 72"),
    () => void runIn(a.netns, `ip neigh flush dev ${DEVICE} nud permanent`),
    () => void runIn(a.netns, `bridge fdb del ${overlayMac(NETWORK, b.id)} dev ${DEVICE} self`),
    () => void runIn(a.netns, `ip address flush dev ${DEVICE}`),
  ];
  for (const each of spoil) {
    each();
    keepers.events.length = 0;
    for (let tries = 0; tries < 100 && keepers.events.length === 0; tries++) await Bun.sleep(20);
    expect(keepers.events[0]?.kind).toBe("overlay-repaired");
    expect(exchanged(a.end(4), b.end(4))).toBe(true);
    expect(link.get(a.socket, { name: DEVICE })).toMatchObject({
      mtu: 1450,
      address: overlayMac(NETWORK, a.id).toString(),
    });
  }
});

vxlan("routes that another program takes away come back at once", async () => {
  await using keepers = new Keepers(nodes(), "vxlan", { checkMs: 60_000 });
  await keepers.keep();
  const [a, b] = three();
  for (const family of FAMILIES) {
    keepers.events.length = 0;
    runIn(a.netns, `ip -${family} route flush proto 72`);
    for (let tries = 0; tries < 100 && keepers.events.length === 0; tries++) await Bun.sleep(20);
    expect(keepers.events.map(({ kind }) => kind)).toEqual(["overlay-repaired"]);
    expect(exchanged(a.end(family), b.end(family))).toBe(true);
  }
  // With one that does it again and again there is no race.
  keepers.events.length = 0;
  for (let times = 0; times < 40; times++) {
    runIn(a.netns, "ip route flush proto 72");
    await Bun.sleep(20);
  }
  expect(keepers.events.length).toBeGreaterThan(0);
  expect(keepers.events.length).toBeLessThan(8);
});

vxlan("an interrupted making is taken up again", async () => {
  await using keepers = new Keepers(nodes(), "vxlan");
  const [a, b] = three();
  const settings = { id: 4242, local: a.underlay[4], learning: false, port: 4789 };
  link.add(a.socket, { name: DEVICE, kind: "vxlan", vxlan: settings });
  await keepers.keep();
  expect(keepers.troubles).toEqual([]);
  expect(exchanged(a.end(4), b.end(4))).toBe(true);
});

vxlan("two thousand prefixes are one message each, and none when they stand", async () => {
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  const [a, b] = three();
  const prefixes = Array.from({ length: 2000 }, (_, at) =>
    Prefix.parse(`10.42.${8 + (at >> 4)}.${(at & 15) * 16}/28`),
  );
  const peers = new Map([[b.id, keepers.peerOf(b, [...prefixes, b.prefixes[4], b.prefixes[6]])]]);
  const wanted = keepers.wantedOf(a, { peers });
  const before = keepers.of(a).changes;
  await keepers.want(a, wanted);
  // And two routes, two neighbours and a forwarding entry of the third node that go.
  expect(keepers.of(a).changes - before).toBe(2005);
  expect(route.list(a.socket, { protocol: 72 }).length).toBe(2002);
  await keepers.end(a);
  await keepers.want(a, wanted);
  expect(keepers.of(a).changes).toBe(0);
  await keepers.want(a, keepers.wantedOf(a));
  expect(keepers.of(a).changes).toBe(2005);
  expect(silent()).toEqual([]);
});

vxlan("many updates at once are few rounds", async () => {
  await using keepers = new Keepers(nodes(), "vxlan");
  const [a, b] = three();
  const keeper = keepers.of(a);
  for (let at = 2; at < 250; at++) {
    const peer = keepers.peerOf(b, [Prefix.parse(`10.42.${at}.0/24`)]);
    keeper.want(keepers.wantedOf(a, { peers: new Map([[b.id, peer]]) }));
  }
  await keeper.settled();
  expect(route.list(a.socket, { protocol: 72 }).map(({ dst }) => dst.toString())).toEqual([
    "10.42.249.0/24",
  ]);
  expect(keeper.changes).toBeLessThan(30);
  expect(neighbour.listForwarding(a.socket, { index: indexOf(a) }).length).toBe(1);
});

function indexOf(node: OverlayNode): number {
  return link.get(node.socket, { name: DEVICE })?.index ?? 0;
}
