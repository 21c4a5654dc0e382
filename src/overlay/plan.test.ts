import { expect, test } from "bun:test";
import { Ip, Mac, Prefix } from "../addr/index.ts";
import type { link } from "../kernel/route/index.ts";
import { desiredOf } from "./desired.ts";
import { planDevice } from "./device.ts";
import { overlayMtu } from "./mtu.ts";
import { deviceMark, deviceName, overlayMac } from "./names.ts";
import { planChanges } from "./plan.ts";
import { ownTrouble, screenPeers } from "./screen.ts";
import type { Standing } from "./standing.ts";
import type { Peer, WantedOverlay } from "./wanted.ts";

const peer: Peer = {
  node: "b",
  underlay: Ip.parse("192.0.2.2"),
  mac: Mac.parse("02:00:00:00:00:02"),
  gateways: [Ip.parse("10.42.2.1")],
  prefixes: [Prefix.parse("10.42.2.0/24"), Prefix.parse("10.42.3.7/32")],
};
const wanted: WantedOverlay = {
  ...{ network: "pods", kind: "vxlan", vni: 42, port: 4789 },
  underlay: Ip.parse("192.0.2.1"),
  subnets: [Prefix.parse("10.42.0.0/16")],
  gateways: [Ip.parse("10.42.1.1")],
  mac: Mac.parse("02:00:00:00:00:01"),
  peers: new Map([["b", peer]]),
};
const underlay = { address: wanted.underlay, name: "eth0", index: 2, mtu: 1500 };
const NOTHING: Standing = { routes: [], strangersRoutes: [], others: [] };
const DEVICE = 7;

function operations(changed: Partial<WantedOverlay> = {}): string[] {
  const whole = { ...wanted, ...changed };
  const { peers } = screenPeers(whole);
  const desired = desiredOf(whole, peers, underlay, [Prefix.parse("192.0.2.0/24")]);
  const { changes } = planChanges(desired, NOTHING, DEVICE, whole.kind !== "host-gw");
  return changes.map(({ operation }) => operation);
}

test("what routes need comes before the routes", () => {
  expect(operations()).toEqual([
    "add address 10.42.1.1/32",
    "set forwarding entry 02:00:00:00:00:02 to 192.0.2.2",
    "set neighbour 10.42.2.1",
    "set route 10.42.2.0/24 via 10.42.2.1",
    "set route 10.42.3.7/32 via 10.42.2.1",
  ]);
  expect(operations({ kind: "host-gw" })).toEqual([
    "set route 10.42.2.0/24 via 192.0.2.2",
    "set route 10.42.3.7/32 via 192.0.2.2",
  ]);
  expect(operations({ kind: "none" })).toEqual([]);
});

test("a node that has a block and has not said its gateway is no trouble yet", () => {
  const peers = new Map([["b", { ...peer, gateways: [] }]]);
  const joining = { ...wanted, peers };
  const desired = desiredOf(joining, screenPeers(joining).peers, underlay, []);
  expect([desired.troubles, desired.unsaid]).toEqual([
    [],
    ["node b: its IPv4 addresses are left out, as it has no gateway of that family"],
  ]);
  expect([...desired.routes.keys()]).toEqual([]);
});

test("of a device only what differs is changed, and another one comes only where it has to", () => {
  const device = (changed: Partial<link.Link> = {}): Standing => ({
    ...NOTHING,
    device: {
      link: {
        ...{
          index: DEVICE,
          name: deviceName("pods"),
          kind: "vxlan",
          mtu: 1450,
          up: true,
          flags: 0,
        },
        ...{ promiscuity: 0, allmulti: 0, operstate: "UNKNOWN", txqlen: 0, group: 0, altNames: [] },
        ...{ hardwareType: 1, extra: [], alias: deviceMark("pods"), address: `${wanted.mac}` },
        vxlan: { id: 42, local: wanted.underlay, learning: false, port: 4789 },
        ...changed,
      },
      ...{ addresses: [], neighbours: [], forwarding: [] },
    },
  });
  const step = (standing: Standing, changed: Partial<WantedOverlay> = {}): unknown => {
    const planned = planDevice({ ...wanted, ...changed }, standing, 1500);
    return "change" in planned ? [planned.step, planned.change] : planned.step;
  };
  expect(step(NOTHING)).toBe("make");
  expect(step(device())).toBe("keep");
  expect(step(device({ mtu: 1400, up: false }))).toEqual(["keep", { mtu: 1450, up: true }]);
  const moved = Ip.parse("192.0.2.9");
  const vxlan = { id: 42, local: moved };
  expect(step(device(), { underlay: moved })).toEqual(["keep", { vxlan }]);
  expect(step(device(), { vni: 43 })).toBe("remake");
  expect(step(device(), { port: 8472 })).toBe("remake");
  expect(step(device(), { underlay: Ip.parse("2001:db8::1") })).toBe("remake");
  expect(step(device(), { kind: "wireguard" })).toBe("remake");
  expect(step(device(), { kind: "host-gw" })).toBe("remove");
  expect(step(NOTHING, { kind: "none" })).toBe("none");
});

test("what is wanted of this node itself is judged as well", () => {
  expect(ownTrouble(wanted)).toBeUndefined();
  const trouble = (changed: Partial<WantedOverlay>): string =>
    ownTrouble({ ...wanted, ...changed }) ?? "";
  expect(trouble({ underlay: Ip.parse("10.42.9.9") })).toContain("is one of the fleet's own");
  expect(trouble({ underlay: Ip.parse("127.0.0.1") })).toContain("no address at which other nodes");
  expect(trouble({ gateways: [Ip.parse("192.0.2.7")] })).toContain("in no subnet of the fleet");
  expect(trouble({ port: 0 })).toBe("0 is no UDP port");
  expect(trouble({ vni: 2 ** 24 })).toBe("16777216 is no VNI");
  const { mac: _, ...withoutMac } = wanted;
  expect(ownTrouble(withoutMac)).toContain("no hardware address yet");
  expect(trouble({ mac: Mac.parse("01:00:00:00:00:01") })).toContain(
    "no hardware address of a single",
  );
  expect(trouble({ kind: "none", underlay: Ip.parse("0.0.0.0") })).toBe("");
});

test("names follow from the network and the node alone, and fit the kernel", () => {
  for (const network of ["pods", "a".repeat(200), "ä/..", "pods2"]) {
    expect(deviceName(network)).toMatch(/^fleet[0-9a-f]{10}$/u);
    expect(deviceMark(network).length).toBeLessThan(256);
  }
  expect(deviceName("pods")).not.toBe(deviceName("pods2"));
  const mac = overlayMac("pods", "a");
  expect((mac.bytes[0] ?? 0) & 3).toBe(2);
  expect(mac.equals(overlayMac("pods", "a"))).toBe(true);
  expect(mac.equals(overlayMac("pods", "b"))).toBe(false);
});

test("each kind leaves so much of a packet", () => {
  const all = (["vxlan", "wireguard", "host-gw", "none"] as const).map((kind) => [
    overlayMtu(kind, 1500, 4),
    overlayMtu(kind, 1500, 6),
  ]);
  expect(all).toEqual([
    [1450, 1430],
    [1440, 1420],
    [1500, 1500],
    [1500, 1500],
  ]);
});
