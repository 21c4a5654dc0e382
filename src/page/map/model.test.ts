import { expect, test } from "bun:test";
import type { MapForm, RuleForm } from "../../forms/index.ts";
import { drift, madeNode } from "../../topology/fixture/node.ts";
import { mapOf } from "../../topology/index.ts";
import { layoutOf, leavesOf } from "../../topology/layout/index.ts";
import {
  chosenMap,
  chosenOf,
  faultyNodes,
  foldedFrames,
  litIds,
  neighbour,
  rulesOnWay,
  toggledFold,
} from "./model.ts";

const map = mapOf(
  madeNode([
    { name: "db", plugin: "bridge", count: 3 },
    { name: "web", plugin: "bridge", count: 3 },
  ]),
);
const ALL = { text: "", network: "", state: "" };
const containers = ({ nodes }: MapForm): string[] =>
  nodes.flatMap(({ kind, label }) => (kind === "namespace" ? [label] : []));

test("without a filter it is the map itself", () => {
  expect(chosenMap(map, ALL)).toBe(map);
});

test("a filter leaves what fits, and what that hangs on", () => {
  const found = chosenMap(map, { ...ALL, text: "10.2.0.3" });
  expect(containers(found)).toEqual(["web-c1"]);
  expect(found.nodes.map(({ id }) => id).toSorted()).toEqual(
    [
      ...["outside:all", "host:this", "uplink:eth0", "bridge:br-web", "link:v1x1"],
      "namespace:/run/netns/web-c1",
    ].toSorted(),
  );
  expect(found.groups.map(({ network }) => network)).toEqual(["web"]);
  expect(containers(chosenMap(map, { ...ALL, network: "db" }))).toEqual([
    "db-c0",
    "db-c1",
    "db-c2",
  ]);
  expect(containers(chosenMap(map, { ...ALL, text: "tcp/8000", network: "web" }))).toEqual([
    "web-c0",
  ]);
  expect(chosenMap(map, { ...ALL, state: "drift" }).nodes).toEqual([]);
  expect(chosenMap(map, { ...ALL, text: "no such thing" }).nodes).toEqual([]);
});

test("networks are folded by the reader, whatever they are called", () => {
  const odd = mapOf(madeNode([{ name: "a,b/ü", plugin: "ptp", count: 1 }]));
  const once = toggledFold("", "a,b/ü");
  expect([...foldedFrames(odd, once)]).toEqual(["network:a,b/ü"]);
  expect([...foldedFrames(odd, toggledFold(once, "a,b/ü"))]).toEqual([]);
  expect([...foldedFrames(odd, "%E0%A4%A")]).toEqual([]);
});

test("with thousands of containers all networks are folded, but for those that are opened", () => {
  const many = mapOf(
    madeNode([
      { name: "a", plugin: "ptp", count: 2001 },
      { name: "b", plugin: "ptp", count: 1 },
    ]),
  );
  expect([...foldedFrames(many, "")]).toEqual(["network:a", "network:b"]);
  expect([...foldedFrames(many, "b")]).toEqual(["network:a"]);
});

test("a port, an address, or a port's node leads to the way of its packet", () => {
  expect(chosenOf(map, { kind: "port", port: "tcp/8000" }).path?.steps.length).toBeGreaterThan(3);
  expect(chosenOf(map, { kind: "address", address: "10.1.0.2" }).path?.broken).toBeUndefined();
  const id = "port:tcp/8000 to 10.2.0.2:80";
  expect(chosenOf(map, { kind: "node", id }).path?.steps.at(-1)?.node).toEndWith("web-c0");
  expect(chosenOf(map, { kind: "node", id: "namespace:/run/netns/db-c0" }).path).toBeUndefined();
  expect(chosenOf(map, { kind: "node", id: "gone" })).toEqual({});
});

test("arrow keys reach everything that is drawn", () => {
  const layout = layoutOf(map);
  const met = new Set<string>();
  const open = ["outside:all"];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (met.has(id)) continue;
    met.add(id);
    for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) {
      const next = neighbour(layout, id, key);
      if (next !== undefined) open.push(next);
    }
  }
  const drawn = [...layout.places].filter(([, { as }]) => as === "box" || as === "tile");
  expect(drawn.filter(([id]) => !met.has(id))).toEqual([]);
  expect(neighbour(layout, "outside:all", "ArrowLeft")).toBeUndefined();
});

test("on a way the leaf is lit that the packet meets; a container that is chosen is lit wherever it is", () => {
  const facts = madeNode([
    { name: "db", plugin: "bridge", count: 1 },
    { name: "web", plugin: "bridge", count: 1 },
  ]);
  const [first, second] = facts.attachments;
  if (first === undefined || second === undefined) throw new Error("two were made");
  const { netns, containerId } = first;
  const shared = mapOf({
    ...facts,
    attachments: [first, { ...second, netns, containerId, ifName: "net1" }],
  });
  const leaves = leavesOf(shared);
  const id = `namespace:${netns}`;
  const [inDb = "", inWeb = ""] = leaves.of(id);
  const way = litIds(leaves, chosenOf(shared, { kind: "address", address: "10.2.0.2" }));
  expect([way.has(inDb), way.has(inWeb)]).toEqual([false, true]);
  const both = litIds(leaves, chosenOf(shared, { kind: "node", id }));
  expect([...both]).toEqual([inDb, inWeb]);
});

test("rules on a way are those of its container that are about its port or its address", () => {
  const owner = { network: "db", containerId: "db-c0", ifName: "eth0" };
  const other = { ...owner, containerId: "db-c1" };
  const rules: RuleForm[] = [
    { place: "inet hawser_ports hostports4", text: "tcp . 8000 : 10.1.0.2 . 80", owner },
    { place: "inet hawser_ports hostports4", text: "tcp . 18000 : 10.1.0.2 . 80", owner },
    { place: "inet hawser_masquerade from-db", text: "10.1.0.2", owner },
    { place: "inet hawser_masquerade from-db", text: "10.1.0.2", owner: other },
    { place: "inet hawser_masquerade postrouting", text: "jump 10.1.0.2" },
    { place: "inet hawser_ports hostports4", text: "udp . 8000 : 10.1.0.2 . 80", owner },
    { place: "inet hawser_ports hostports4", text: "tcp . 80 : 10.1.0.2 . 8000", owner },
  ];
  const onWay = (selection: Parameters<typeof chosenOf>[1]): number[] => {
    const { path } = chosenOf(map, selection);
    return path === undefined
      ? []
      : rulesOnWay(map, path, rules).map((rule) => rules.indexOf(rule));
  };
  expect(onWay({ kind: "port", port: "tcp/8000" })).toEqual([0]);
  expect(onWay({ kind: "address", address: "10.1.0.2" })).toEqual([2]);
});

test("what is wrong is named once: at the container, and a link only for what no container says", () => {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: 2 }]);
  const [first, ...rest] = facts.attachments;
  if (first?.hostLink === undefined) throw new Error("one was made");
  const down = { ...first.hostLink, up: false };
  const faulty = {
    ...first,
    ...{ state: "drift" as const, hostLink: down },
    findings: [drift("link-down", "v0x0 is down")],
  };
  const links = facts.links.map((link) =>
    link.name === "br-web" ? { ...link, up: false } : link.name === "v0x0" ? down : link,
  );
  const found = faultyNodes(mapOf({ ...facts, links, attachments: [faulty, ...rest] }));
  expect(found.map(({ id }) => id)).toEqual(["namespace:/run/netns/web-c0", "bridge:br-web"]);
});
