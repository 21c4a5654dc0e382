import { expect } from "bun:test";
import { exchanged } from "../../tests/support/datagrams.ts";
import { needs } from "../../tests/support/needs.ts";
import { Keepers, NETWORK } from "../../tests/support/overlay-keepers.ts";
import {
  type OverlayNode,
  overlayNodesForEachTest,
  SUBNETS,
} from "../../tests/support/overlay-nodes.ts";
import { runIn } from "../../tests/support/route-pair.ts";
import { Ip, Mac, Prefix } from "../addr/index.ts";
import { link, route } from "../kernel/route/index.ts";
import { deviceName, OverlayKeeper, overlayMac, type Peer, removeOverlay } from "./index.ts";

/** What others have made stays as it is, and is named where it is in the way. */

const nodes = overlayNodesForEachTest(2);
const vxlan = needs("kernel:vxlan", "kernel:ipv6");
const DEVICE = deviceName(NETWORK);

function two(): [OverlayNode, OverlayNode] {
  const [a, b] = nodes();
  if (a === undefined || b === undefined) throw new Error("two nodes");
  return [a, b];
}

/** Everything of a node that overlays are made of; what the kernel makes by itself comes when it likes. */
function all({ netns }: OverlayNode): string {
  const asked = [
    "ip -d link",
    "ip address",
    "ip route show table all",
    "ip -6 route",
    "bridge fdb",
  ];
  const shown = [...asked, "ip neigh show nud permanent"].map((each) => runIn(netns, each));
  const lines = shown.join("\n").split("\n");
  return lines.filter((line) => !/fe80::|33:33:|01:00:5e:|valid_lft/u.test(line)).join("\n");
}

/** Devices, routes, neighbours and entries as an administrator or another program makes them. */
function furnish({ netns }: OverlayNode): void {
  for (const command of [
    "ip link add flannel.1 type vxlan id 1 local 192.0.2.11 dstport 4789 nolearning",
    "ip link set flannel.1 up",
    "ip address add 10.77.0.0/32 dev flannel.1",
    "ip route add 10.77.2.0/24 via 10.77.2.0 dev flannel.1 onlink proto 72",
    "ip neigh add 10.77.2.0 lladdr 02:00:00:00:00:99 dev flannel.1 nud permanent",
    "bridge fdb add 02:00:00:00:00:99 dev flannel.1 dst 192.0.2.12 self permanent",
    "ip route add 198.51.100.0/24 via 192.0.2.12",
    "ip neigh add 192.0.2.200 lladdr 02:00:00:00:00:98 dev eth0 nud permanent",
  ]) {
    runIn(netns, command);
  }
}

vxlan("a keeper comes, changes its kind and goes, and all of others is as before", async () => {
  const [a, b] = two();
  furnish(a);
  const before = all(a);
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  expect(keepers.troubles).toEqual([]);
  expect(exchanged(a.end(4), b.end(4))).toBe(true);
  for (const kind of ["host-gw", "none", "vxlan", "none"] as const) {
    for (const node of nodes()) await keepers.want(node, keepers.wantedOf(node, { kind }));
    expect([kind, exchanged(a.end(4), b.end(4), { withinMs: 200 })]).toEqual([
      kind,
      kind !== "none",
    ]);
  }
  expect(all(a)).toBe(before);
});

vxlan(
  "the removal takes all of the network's own, of each kind, and asks for nothing twice",
  async () => {
    const [a] = two();
    furnish(a);
    const before = all(a);
    for (const kind of ["vxlan", "host-gw"] as const) {
      await using keepers = new Keepers(nodes(), kind);
      await keepers.keep();
      await keepers.end(a);
      const removal = { network: NETWORK, subnets: SUBNETS, netns: a.netns };
      expect(await removeOverlay(removal)).toBeGreaterThan(0);
      expect(all(a)).toBe(before);
      expect(await removeOverlay(removal)).toBe(0);
    }
  },
);

vxlan("two networks stand side by side, and the removal of one leaves the other", async () => {
  const [a, b] = two();
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  const before = all(a);
  const subnets = [Prefix.parse("10.43.0.0/16")];
  for (const kind of ["vxlan", "host-gw"] as const) {
    const network = `second-${kind}`;
    await using second = new OverlayKeeper({
      ...{ network, netns: a.netns },
      report: () => undefined,
    });
    const peer = { ...keepers.peerOf(b), gateways: [Ip.parse("10.43.2.1")] };
    second.want({
      ...keepers.wantedOf(a),
      ...{ network, kind, subnets, vni: 7, gateways: [Ip.parse("10.43.1.1")] },
      peers: new Map([[b.id, { ...peer, prefixes: [Prefix.parse("10.43.2.0/24")] }]]),
    });
    await second.settled();
    expect(second.troubles).toEqual([]);
    expect(all(a)).toContain("10.43.2.0/24 via");
    expect(exchanged(a.end(4), b.end(4))).toBe(true);
    await second[Symbol.asyncDispose]();
    await removeOverlay({ network, subnets, netns: a.netns });
    expect(all(a)).toBe(before);
  }
});

vxlan("a link of another program that has the device's name stays, and is named", async () => {
  const [a] = two();
  runIn(a.netns, `ip link add ${DEVICE} type vxlan id 5 local 192.0.2.11 dstport 4789`);
  runIn(a.netns, `ip link set ${DEVICE} up`);
  const before = all(a);
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  expect(keepers.of(a).trouble).toContain(`the name ${DEVICE} is another program's`);
  expect(all(a)).toBe(before);
  await removeOverlay({ network: NETWORK, subnets: SUBNETS, netns: a.netns });
  expect(all(a)).toBe(before);
});

vxlan("a VNI that another device has is named with the device", async () => {
  const [a] = two();
  runIn(a.netns, "ip link add other type vxlan id 4242 local 192.0.2.11 dstport 4789");
  const before = all(a);
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  expect(keepers.of(a).trouble).toContain("the VXLAN device other has VNI 4242 at UDP port 4789");
  expect(all(a)).toBe(before);
});

vxlan("a port that another program has is named, and taken when it is free", async () => {
  const [a, b] = two();
  await using keepers = new Keepers(nodes(), "vxlan", { checkMs: 20 });
  {
    const { Mailbox } = await import("../../tests/support/datagrams.ts");
    using _ = new Mailbox(a.netns, Ip.parse("0.0.0.0"), 4789);
    await keepers.keep();
    expect(keepers.of(a).trouble).toContain("UDP port 4789, which vxlan needs, is in use");
  }
  for (let tries = 0; tries < 100 && keepers.troubles.length > 0; tries++) await Bun.sleep(20);
  expect(keepers.troubles).toEqual([]);
  expect(exchanged(a.end(4), b.end(4))).toBe(true);
  expect(keepers.events.map(({ kind }) => kind)).toContain("overlay-well");
});

vxlan("a route of another program to a fleet's prefix stays, and is named", async () => {
  const [a] = two();
  runIn(a.netns, "ip route add 10.42.2.0/24 via 192.0.2.12");
  runIn(a.netns, "ip -6 route add unreachable fd00:42:0:2::/64");
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  expect(keepers.of(a).troubles).toEqual([
    "the route 10.42.2.0/24 via 192.0.2.12 of another program stays as it is",
    "the route fd00:42:0:2::/64 of another program stays as it is",
  ]);
  expect(route.list(a.socket, { protocol: 72 })).toEqual([]);
  expect(runIn(a.netns, "ip route show 10.42.2.0/24").trim()).toBe(
    "10.42.2.0/24 via 192.0.2.12 dev eth0",
  );
});

vxlan("a network of another link that holds the fleet's is named", async () => {
  const [a] = two();
  runIn(a.netns, "ip link add d0 type veth peer name d1");
  runIn(a.netns, "ip address add 10.1.2.3/8 dev d0");
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  expect(keepers.of(a).troubles).toEqual([
    "the network 10.0.0.0/8 of d0 shares addresses with the fleet's 10.42.0.0/16",
  ]);
});

vxlan("an underlay address that no link has is named, and what stands stays", async () => {
  const [a, b] = two();
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  const before = all(a);
  await keepers.want(a, keepers.wantedOf(a, { underlay: Ip.parse("192.0.2.77") }));
  expect(keepers.of(a).trouble).toBe("no interface of this node has the address 192.0.2.77");
  expect(all(a)).toBe(before);
  expect(exchanged(a.end(4), b.end(4))).toBe(true);
});

vxlan("a link between the nodes that is too small for IPv6 in a tunnel is named", async () => {
  const [a] = two();
  link.set(a.socket, { name: "eth0" }, { mtu: 1300 });
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  expect(keepers.of(a).trouble).toContain("IPv6 needs packets of 1280 bytes, and 1250 fit");
});

vxlan(
  "records that lie reach nothing of the kernel, each is named, and sound ones are used",
  async () => {
    const [a, b] = two();
    await using keepers = new Keepers(nodes(), "vxlan");
    const evil = (node: string, changed: Partial<Peer>): readonly [string, Peer] => {
      const number = 100 + node.length;
      const sound: Peer = {
        node,
        underlay: Ip.parse(`192.0.2.${number}`),
        mac: overlayMac(NETWORK, node),
        gateways: [Ip.parse(`10.42.${number}.1`)],
        prefixes: [Prefix.parse(`10.42.${number}.0/24`)],
      };
      return [node, { ...sound, ...changed }];
    };
    const prefixes = (...texts: string[]): Pick<Peer, "prefixes"> => ({
      prefixes: texts.map((each) => Prefix.parse(each)),
    });
    const peers = new Map([
      [b.id, keepers.peerOf(b)],
      evil("x", prefixes("0.0.0.0/0", "::/0", "10.0.0.0/8", "192.0.2.0/24", "169.254.169.254/32")),
      evil("xx", prefixes("10.42.1.0/24", "10.42.0.0/16")),
      evil("xxx", { underlay: Ip.parse("10.42.2.9") }),
      evil("xxxx", { underlay: a.underlay[4] }),
      evil("xxxxx", { underlay: Ip.parse("255.255.255.255") }),
      evil("xxxxxx", { mac: Mac.parse("01:00:5e:00:00:01") }),
      evil("xxxxxxx", { gateways: [Ip.parse("8.8.8.8")] }),
      evil("xxxxxxxx", { gateways: [a.gateways[4]] }),
      evil("xxxxxxxxx", prefixes("10.42.2.128/25", "10.42.2.0/24")),
      evil("xxxxxxxxxx", { underlay: Ip.parse("2001:db8::66") }),
    ]);
    await keepers.want(a, keepers.wantedOf(a, { peers }));
    const { troubles } = keepers.of(a);
    const main = route.list(a.socket, { protocol: 72 }).map(({ dst }) => dst.toString());
    expect(main.toSorted()).toEqual(["10.42.2.128/25", "fd00:42:0:2::/64"]);
    expect(runIn(a.netns, "ip route show default")).toBe("");
    for (const words of [
      "0.0.0.0/0 of node x is refused: it is in no subnet of the fleet",
      "169.254.169.254/32 of node x is refused",
      "10.42.1.0/24 of node xx is refused: it holds this node's own address 10.42.1.1",
      "node xxx is left out: its address between the nodes, 10.42.2.9, is one of the fleet's own",
      "node xxxx is left out: 192.0.2.11 is this node's own",
      "node xxxxx is left out: 255.255.255.255 is no address to send to",
      "node xxxxxx is left out: 01:00:5e:00:00:01 is no hardware address of a device",
      "node xxxxxxx is left out: its gateway 8.8.8.8 is in no subnet of the fleet",
      "node xxxxxxxx is left out: 10.42.1.1 is this node's own",
      "10.42.2.0/24 of node xxxxxxxxx is refused",
      "node xxxxxxxxxx is left out: its tunnel ends at 2001:db8::66, this node's at an IPv4 address",
    ]) {
      expect(troubles.some((each) => each.includes(words)) ? words : [words, troubles]).toBe(words);
    }
  },
);
