import { expect, test } from "bun:test";
import { drift, madeNode } from "../fixture/node.ts";
import type { MapFacts } from "../graph/index.ts";
import { mapOf } from "../graph/index.ts";
import { edgeWritings, layoutOf, writingsOf } from "./index.ts";

const web = madeNode([{ name: "web", plugin: "bridge", count: 2 }]);
const vlan: MapFacts = {
  ...web,
  links: [
    ...web.links.filter(({ name }) => name !== "eth0"),
    { name: "eth0", index: 2, up: true },
    { name: "eth0.100", index: 3, kind: "vlan", vlan: 100, parent: "eth0", up: true },
  ],
};

test("the line to a VLAN bears its number, and the way out its next hop", () => {
  const map = mapOf(vlan);
  const texts = edgeWritings(map, layoutOf(map)).map(({ text }) => text);
  expect(texts.toSorted()).toEqual(["VLAN 100", "default via 192.0.2.1"]);
});

test("no text of a line stands on another one, or on a box", () => {
  const map = mapOf(vlan);
  const layout = layoutOf(map);
  for (const { x, y } of edgeWritings(map, layout)) {
    for (const [id, place] of layout.places) {
      const isIn =
        x > place.x && x < place.x + place.width && y > place.y && y < place.y + place.height;
      expect([id, isIn]).toEqual([id, false]);
    }
  }
});

test("of many containers a state that is not well is a word, and its name keeps its room", () => {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: 60 }]);
  const attachments = facts.attachments.map((one, at) => {
    const findings = [drift("link-down", "it is down")];
    return at % 2 === 0 ? one : { ...one, state: "drift" as const, findings };
  });
  const map = mapOf({ ...facts, attachments });
  const { places } = layoutOf(map);
  const texts = (label: string): (readonly string[])[] =>
    map.nodes.flatMap((node) => {
      const place = places.get(node.id);
      if (node.label !== label || place === undefined) return [];
      return writingsOf(node, place).map(({ as, text }) => [as, text]);
    });
  expect(texts("web-c1")).toEqual([
    ["label", "web-c1"],
    ["word", "drift"],
  ]);
  expect(texts("web-c2")).toEqual([["label", "web-c2"]]);
  // One with a port as well: 5 is the first that has both.
  expect(texts("web-c5").map(([, text]) => text)).toEqual(["web-c5", "drift"]);
});

test("of an interface with two addresses both are written, and its frame has the room", () => {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: 2 }]);
  const attachments = facts.attachments.map((one, at) => {
    return at === 0 ? { ...one, addresses: [...one.addresses, "fd00:10:1::2/64"] } : one;
  });
  const linesIn = (of: MapFacts): { lines: string[]; isInside: boolean } => {
    const map = mapOf(of);
    const place = layoutOf(map).places.get("namespace:/run/netns/web-c0");
    const node = map.nodes.find(({ label }) => label === "web-c0");
    if (place === undefined || node === undefined) throw new Error("it is on the map");
    const lines = writingsOf(node, place).filter(({ as }) => as === "line");
    const end = place.y + place.height;
    return { lines: lines.map(({ text }) => text), isInside: lines.every(({ y }) => y < end) };
  };
  expect(linesIn(facts)).toEqual({ lines: ["eth0 10.1.0.2/16"], isInside: true });
  expect(linesIn({ ...facts, attachments })).toEqual({
    lines: ["eth0 10.1.0.2/16", "fd00:10:1::2/64"],
    isInside: true,
  });
});

test("ports that have no room are counted at the last one that has", () => {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: 1 }]);
  const [port] = facts.ports;
  if (port === undefined) throw new Error("a port was made");
  const ports = [1, 2, 3, 4, 5].map((number) => ({ ...port, hostPort: 8000 + number }));
  const map = mapOf({ ...facts, ports });
  const { places } = layoutOf(map);
  const texts = map.nodes.flatMap((node) => {
    const place = places.get(node.id);
    return node.kind === "port" && place?.as === "chip" ? writingsOf(node, place) : [];
  });
  expect(texts.map(({ text }) => text)).toEqual([":8001", ":8002", "+ 3"]);
});
