import { afterEach, beforeEach, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchanged, lostDuring } from "../../tests/support/datagrams.ts";
import { needs } from "../../tests/support/needs.ts";
import { Keepers, NETWORK } from "../../tests/support/overlay-keepers.ts";
import {
  type OverlayNode,
  overlayNodesForEachTest,
  SUBNETS,
} from "../../tests/support/overlay-nodes.ts";
import { runIn } from "../../tests/support/route-pair.ts";
import { Prefix } from "../addr/index.ts";
import { link, route } from "../kernel/route/index.ts";
import { type Device, WireguardSocket } from "../kernel/wireguard/index.ts";
import { deviceName, overlayMtu, removeOverlay, WireguardKey } from "./index.ts";

const nodes = overlayNodesForEachTest(3);
const wireguard = needs("kernel:wireguard", "kernel:ipv6");
const DEVICE = deviceName(NETWORK);
const FAMILIES = [4, 6] as const;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "keys-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function keys(): ReadonlyMap<string, { readonly path: string; readonly publicKey: string }> {
  return new Map(
    nodes().map(({ id }) => {
      const path = join(directory, `${id}.key`);
      return [id, { path, publicKey: WireguardKey.open(path).publicKey }];
    }),
  );
}

function three(): [OverlayNode, OverlayNode, OverlayNode] {
  const [a, b, c] = nodes();
  if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes");
  return [a, b, c];
}

/** The device with its peers, as the kernel has it. */
function deviceOf(node: OverlayNode): Device {
  using socket = WireguardSocket.open(node.netns);
  const device = socket?.get(link.get(node.socket, { name: DEVICE })?.index ?? 0);
  if (device === undefined) throw new Error("there is no device");
  return device;
}

for (const underlay of FAMILIES) {
  wireguard(`containers reach each other in both families over IPv${underlay}`, async () => {
    await using keepers = new Keepers(nodes(), "wireguard", { underlay, keys: keys() });
    await keepers.keep();
    expect(keepers.troubles).toEqual([]);
    const [a, b, c] = three();
    const mtu = overlayMtu("wireguard", 1500, underlay);
    for (const family of FAMILIES) {
      for (const [from, to] of [
        [a, b],
        [b, c],
        [c, a],
      ] as const) {
        expect(exchanged(from.end(family), to.end(family))).toBe(true);
        const bytes = mtu - (family === 4 ? 28 : 48);
        expect(exchanged(from.end(family), to.end(family), { bytes })).toBe(true);
      }
      const own = { netns: a.netns, ip: a.gateways[family] };
      expect(exchanged(own, b.end(family))).toBe(true);
    }
  });
}

wireguard(
  "the kernel has key, port, peers and their addresses; the private key is in a file",
  async () => {
    const known = keys();
    await using keepers = new Keepers(nodes(), "wireguard", { keys: known });
    await keepers.keep();
    const [a, b, c] = three();
    const { publicKey, port, peers } = deviceOf(a);
    expect(publicKey?.toBase64()).toBe(known.get(a.id)?.publicKey ?? "");
    expect(port).toBe(51_820);
    const shown = peers.map((peer) => [
      peer.publicKey.toBase64(),
      `${peer.endpoint?.address} ${peer.endpoint?.port}`,
      peer.allowedIps.map(String).toSorted(),
    ]);
    const wanted = [b, c].map((each) => [
      known.get(each.id)?.publicKey ?? "",
      `${each.underlay[4]} 51820`,
      [each.prefixes[4].toString(), each.prefixes[6].toString()],
    ]);
    const byKey = ([one]: unknown[], [other]: unknown[]): number =>
      String(one).localeCompare(String(other));
    expect(shown.toSorted(byKey)).toEqual(wanted.toSorted(byKey));
  },
);

needs("kernel:wireguard", "wg")(
  "wg sees the device that we set, and we the one that wg sets",
  async () => {
    const known = keys();
    await using keepers = new Keepers(nodes(), "wireguard", { keys: known });
    await keepers.keep();
    const [a, b, c] = three();
    const lines = runIn(a.netns, `wg show ${DEVICE} dump`).trim().split("\n");
    const [own = [], ...peers] = lines.map((line) => line.split("\t"));
    expect(own.slice(1)).toEqual([known.get(a.id)?.publicKey ?? "", "51820", "off"]);
    const shown = peers.map(([key, , end, allowed, , , , keepalive]) => {
      return [key, end, allowed?.split(",").toSorted().join(), keepalive].join(" ");
    });
    const wanted = [b, c].map((each) => {
      const prefixes = `${each.prefixes[4]},${each.prefixes[6]}`;
      return `${known.get(each.id)?.publicKey} ${each.underlay[4]}:51820 ${prefixes} off`;
    });
    expect(shown.toSorted()).toEqual(wanted.toSorted());

    const index = link.add(a.socket, { name: "wg9", kind: "wireguard" });
    const key = known.get(b.id)?.publicKey ?? "";
    const path = known.get(a.id)?.path ?? "";
    runIn(
      a.netns,
      `wg set wg9 private-key ${path} listen-port 7 fwmark 0x9 peer ${key} endpoint [2001:db8::9]:8 ` +
        "persistent-keepalive 25 allowed-ips 10.9.0.0/24,fd09::/64",
    );
    using socket = WireguardSocket.open(a.netns);
    const device = socket?.get(index);
    expect(device).toMatchObject({ name: "wg9", port: 7, mark: 9 });
    expect(device?.publicKey?.toBase64()).toBe(known.get(a.id)?.publicKey ?? "");
    const [peer] = device?.peers ?? [];
    expect(peer?.publicKey.toBase64()).toBe(key);
    expect(peer?.keepalive).toBe(25);
    expect(`${peer?.endpoint?.address} ${peer?.endpoint?.port}`).toBe("2001:db8::9 8");
    expect(peer?.allowedIps.map(String).toSorted()).toEqual(["10.9.0.0/24", "fd09::/64"]);
  },
);

wireguard("a keeper that begins again changes nothing, and no packet is lost", async () => {
  const known = keys();
  const [a, b] = three();
  const first = new Keepers(nodes(), "wireguard", { keys: known });
  await first.keep();
  const again = async (): Promise<void> => {
    await first[Symbol.asyncDispose]();
    await using keepers = new Keepers(nodes(), "wireguard", { keys: known });
    await keepers.keep();
    expect(nodes().map((node) => keepers.of(node).changes)).toEqual([0, 0, 0]);
  };
  expect(await lostDuring(a.end(4), b.end(4), 500, again)).toBe(0);
});

wireguard(
  "a prefix that moves, one that goes and a node that goes: the others' packets pass",
  async () => {
    await using keepers = new Keepers(nodes(), "wireguard", { keys: keys() });
    await keepers.keep();
    const [a, b, c] = three();
    const more = Prefix.parse("10.42.9.0/24");
    const change = async (): Promise<void> => {
      for (const peers of [
        [keepers.peerOf(b, [b.prefixes[4], b.prefixes[6], more]), keepers.peerOf(c)],
        [keepers.peerOf(b), keepers.peerOf(c, [c.prefixes[4], c.prefixes[6], more])],
        [keepers.peerOf(b)],
      ]) {
        const map = new Map(peers.map((peer) => [peer.node, peer]));
        await keepers.want(a, keepers.wantedOf(a, { peers: map }));
      }
    };
    expect(await lostDuring(a.end(4), b.end(4), 500, change)).toBe(0);
    expect(deviceOf(a).peers.map(({ allowedIps }) => allowedIps.length)).toEqual([2]);
    expect(route.list(a.socket, { protocol: 72 }).length).toBe(2);
  },
);

wireguard("two thousand prefixes of one peer", async () => {
  await using keepers = new Keepers(nodes(), "wireguard", { keys: keys() });
  const [a, b] = three();
  const prefixes = Array.from({ length: 2000 }, (_, at) =>
    Prefix.parse(`10.42.${8 + (at >> 4)}.${(at & 15) * 16}/28`),
  );
  const peers = new Map([[b.id, keepers.peerOf(b, prefixes)]]);
  await keepers.want(a, keepers.wantedOf(a, { peers }));
  expect(keepers.troubles).toEqual([]);
  expect(deviceOf(a).peers[0]?.allowedIps.length).toBe(2000);
  await keepers.want(a, keepers.wantedOf(a, { peers: new Map([[b.id, keepers.peerOf(b)]]) }));
  expect(deviceOf(a).peers[0]?.allowedIps.length).toBe(2);
});

wireguard("keys that lie are named, and the removal takes the device", async () => {
  await using keepers = new Keepers(nodes(), "wireguard", { keys: keys() });
  const [a, b, c] = three();
  const own = keepers.peerOf(a).publicKey ?? "";
  const peers = new Map([
    [b.id, { ...keepers.peerOf(b), publicKey: own.slice(1) }],
    [c.id, keepers.peerOf(c)],
  ]);
  await keepers.want(a, keepers.wantedOf(a, { peers }));
  expect(keepers.of(a).trouble).toContain("node n2 is left out: what it says is no WireGuard key");
  await keepers.end(a);
  const removal = { network: NETWORK, subnets: SUBNETS, netns: a.netns };
  expect(await removeOverlay(removal)).toBeGreaterThan(0);
  expect(link.get(a.socket, { name: DEVICE })).toBeUndefined();
  expect(await removeOverlay(removal)).toBe(0);
});
