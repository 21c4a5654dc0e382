import { expect, test } from "bun:test";
import * as fc from "fast-check";
import type { MapForm } from "../../forms/index.ts";
import { attachment, drift, madeNode } from "../fixture/node.ts";
import { ATTACHMENTS_MAX, mapOf } from "./index.ts";

const node = (map: MapForm, id: string) => {
  const found = map.nodes.find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
};
const edges = (map: MapForm): string[] => map.edges.map(({ id }) => id);

test("a container hangs on its bridge by a pair, and the host leads the bridge out", () => {
  const map = mapOf(madeNode([{ name: "web", plugin: "bridge", count: 1 }]));
  expect(edges(map)).toEqual([
    "host:this routes uplink:eth0",
    "host:this routes bridge:br-web",
    "link:v0x0 port of bridge:br-web",
    "uplink:eth0 way out outside:all default via 192.0.2.1",
    "link:v0x0 pair namespace:/run/netns/web-c0 eth0",
    "outside:all maps port:tcp/8000 to 10.1.0.2:80",
    "port:tcp/8000 to 10.1.0.2:80 maps namespace:/run/netns/web-c0 10.1.0.2:80",
  ]);
  expect(node(map, "namespace:/run/netns/web-c0")).toMatchObject({
    label: "web-c0",
    lines: ["eth0 10.1.0.2/16"],
    addresses: [{ address: "10.1.0.2/16", ifName: "eth0", masqueraded: true }],
  });
  expect(node(map, "bridge:br-web")).toMatchObject({ network: "web", state: "ok" });
  expect(map.groups).toMatchObject([{ network: "web", counts: { ok: 1 }, hidden: 0 }]);
  expect(map.nodes.some(({ label }) => label === "lo")).toBeFalse();
});

test("a link without a bridge hangs on the host, and a macvlan on its parent", () => {
  const map = mapOf(
    madeNode([
      { name: "direct", plugin: "ptp", count: 1 },
      { name: "lan", plugin: "macvlan", count: 1 },
    ]),
  );
  expect(edges(map)).toContain("host:this routes link:v0x0");
  expect(edges(map)).toContain("namespace:/run/netns/lan-c0 on uplink:eth0 eth0 macvlan");
});

test("several networks of one container are one namespace", () => {
  const facts = madeNode([
    { name: "a", plugin: "bridge", count: 1 },
    { name: "b", plugin: "bridge", count: 1 },
  ]);
  const [first, second] = facts.attachments;
  if (first === undefined || second === undefined) throw new Error("two were made");
  const more = { ...second, netns: first.netns, ifName: "eth1" };
  const map = mapOf({ ...facts, attachments: [first, more] });
  const [shared, ...others] = map.nodes.filter(({ kind }) => kind === "namespace");
  expect(others).toEqual([]);
  expect(shared?.attachments.map(({ ifName }) => ifName)).toEqual(["eth0", "eth1"]);
  expect(shared?.network).toBe("a");
});

test("the path of a namespace that is gone is not that of the one that has it now", () => {
  const names = { network: "web", ifName: "eth0", netns: "/run/netns/x" };
  const map = mapOf({
    attachments: [
      attachment({ ...names, containerId: "old", netnsState: "replaced", state: "orphan" }),
      attachment({ ...names, containerId: "new" }),
    ],
    links: [],
  });
  const ids = map.nodes.filter(({ kind }) => kind === "namespace").map(({ id }) => id);
  expect(ids).toEqual(["namespace:old", "namespace:/run/netns/x"]);
});

test("a fault stands at the container, and at the link that it is about", () => {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: 2 }]);
  const [first, second] = facts.attachments;
  if (first === undefined || second === undefined) throw new Error("two were made");
  const text = "its link v0x0 is no port of br-web any more";
  const { master: _, ...loose } = first.hostLink ?? { name: "" };
  const off = {
    ...first,
    state: "drift" as const,
    hostLink: loose,
    findings: [drift("link-off-bridge", text)],
  };
  const links = facts.links.map((link) => (link.name === "v0x0" ? loose : link));
  const map = mapOf({ ...facts, links, attachments: [off, second] });
  for (const id of ["link:v0x0", "namespace:/run/netns/web-c0"]) {
    expect(node(map, id)).toMatchObject({ state: "drift", faults: [text] });
  }
  expect(edges(map).filter((id) => id.includes("v0x0"))).toEqual([
    "link:v0x0 pair namespace:/run/netns/web-c0 eth0",
  ]);
  expect(map.edges.find(({ from }) => from === "link:v0x0")?.state).toBe("drift");
  expect(map.groups[0]?.counts).toMatchObject({ ok: 1, drift: 1 });
});

test("a link that is not there is shown as missing", () => {
  const message = "its link v9 is not on the host";
  const one = attachment({
    ...{ network: "web", containerId: "c", ifName: "eth0", state: "drift" },
    ...{ hostLink: { name: "v9" }, findings: [drift("link-missing", message)] },
  });
  const map = mapOf({ attachments: [one], links: [] });
  expect(node(map, "link:v9")).toMatchObject({ state: "drift", faults: [message] });
});

test("a port that waits, and one that leads to what is gone, say so", () => {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: 1 }]);
  const [port] = facts.ports;
  if (port === undefined) throw new Error("a port was made");
  const waiting = { ...port, state: "waiting" as const, containerId: "w", holder: port };
  const dead = { ...port, hostPort: 9, state: "dead" as const };
  const map = mapOf({ ...facts, ports: [port, waiting, dead] });
  const ports = map.nodes.filter(({ kind }) => kind === "port");
  expect(ports.map(({ state, faults }) => [state, ...faults])).toEqual([
    ["ok"],
    ["drift", "another container has the port: web-c0"],
    ["orphan", "it leads to a container that is gone"],
  ]);
  expect(new Set(ports.map(({ id }) => id)).size).toBe(3);
});

test("other nodes of a fleet stand behind their tunnels", () => {
  const map = mapOf({
    attachments: [],
    links: [{ name: "hwx0", index: 5, kind: "vxlan", up: true }],
    fleets: [
      {
        network: "pods",
        overlay: "vxlan",
        side: { network: "pods", overlay: "vxlan", blocks: [], node: "a" },
        nodes: [
          { node: "a", state: "alive", holds: [], addresses: 0 },
          { node: "b", state: "alive", holds: ["10.42.0.64/26"], addresses: 64 },
          { node: "c", state: "dead", holds: [], addresses: 0 },
        ],
        tunnels: [
          { node: "b", underlay: "192.0.2.11", device: "hwx0", prefixes: ["10.42.0.64/26"] },
        ],
      },
    ],
  });
  expect(edges(map)).toContain("link:hwx0 tunnel fleet-node:pods/b 10.42.0.64/26");
  expect(node(map, "fleet-node:pods/c")).toMatchObject({
    state: "drift",
    faults: ["the node is dead"],
  });
});

test("more attachments than a map holds are counted, and those with faults drawn", () => {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: ATTACHMENTS_MAX + 7 }]);
  const last = facts.attachments.at(-1);
  if (last === undefined) throw new Error("some were made");
  const faulty = { ...last, state: "drift" as const, findings: [drift("link-down", "down")] };
  const map = mapOf({ ...facts, attachments: [...facts.attachments.slice(0, -1), faulty] });
  const drawn = map.nodes.filter(({ kind }) => kind === "namespace");
  expect(drawn.length).toBe(ATTACHMENTS_MAX);
  expect(drawn.some(({ state }) => state === "drift")).toBeTrue();
  expect(map.groups[0]).toMatchObject({ hidden: 7, counts: { ok: ATTACHMENTS_MAX + 6, drift: 1 } });
  expect(map.nodes.filter(({ kind }) => kind === "link").length).toBe(ATTACHMENTS_MAX);
});

test("whatever the node is like, a map holds together", () => {
  const name = fc.constantFrom("a", "b", "</svg>", 'q"&', "\u202eevil", "x\0y", "__proto__");
  const network = fc.record({
    name,
    plugin: fc.constantFrom("bridge" as const, "ptp" as const, "macvlan" as const),
    count: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(network, { maxLength: 4 }), (networks) => {
      const facts = madeNode(networks);
      const map = mapOf(facts);
      const ids = new Set(map.nodes.map(({ id }) => id));
      expect(ids.size).toBe(map.nodes.length);
      expect(new Set(edges(map)).size).toBe(map.edges.length);
      for (const { from, to } of map.edges) {
        expect(ids.has(from)).toBeTrue();
        expect(ids.has(to)).toBeTrue();
      }
      const members = map.groups.flatMap(({ nodes }) => nodes);
      expect(new Set(members).size).toBe(members.length);
      expect(members.every((id) => ids.has(id))).toBeTrue();
      expect(mapOf(structuredClone(facts))).toEqual(map);
    }),
  );
});
