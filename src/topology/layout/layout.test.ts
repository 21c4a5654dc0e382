import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { madeNode } from "../fixture/node.ts";
import { mapOf } from "../graph/index.ts";
import { type Frame, layoutOf, type MapLayout, type NodePlace, type Rect } from "./index.ts";

const overlap = (one: Rect, other: Rect): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

/** Boxes and tiles; plugs and chips stand on tiles. */
const solid = ({ places }: MapLayout): [string, NodePlace][] =>
  [...places].filter(([, { as }]) => as === "box" || as === "tile");

function problems(layout: MapLayout): string[] {
  const found: string[] = [];
  const tops: [string, Rect][] = [
    ...layout.frames.map((frame): [string, Frame] => [frame.id, frame]),
    ...solid(layout).filter(([, { frame }]) => frame === undefined),
  ];
  for (const [at, [id, one]] of tops.entries()) {
    for (const [name, other] of tops.slice(at + 1)) {
      if (overlap(one, other)) found.push(`${id} over ${name}`);
    }
  }
  for (const frame of layout.frames) {
    const inside = solid(layout).filter(([, place]) => place.frame === frame.id);
    const rows = new Set(inside.map(([, { x, y }]) => `${x} ${y}`));
    if (rows.size !== inside.length) found.push(`two tiles of ${frame.id} at one spot`);
    for (const [id, { x, y, width, height }] of inside) {
      const isIn = x >= frame.x && y >= frame.y && x + width <= frame.x + frame.width;
      if (!isIn || y + height > frame.y + frame.height) found.push(`${id} out of ${frame.id}`);
    }
  }
  return found;
}

test("nothing covers anything, whatever the node is like", () => {
  const network = fc.record({
    name: fc.string({ minLength: 1, maxLength: 6 }),
    plugin: fc.constantFrom("bridge" as const, "ptp" as const, "macvlan" as const),
    count: fc.nat(70),
  });
  const folds = fc.array(fc.nat(5));
  fc.assert(
    fc.property(
      fc.uniqueArray(network, { maxLength: 6, selector: ({ name }) => name }),
      folds,
      (networks, shut) => {
        const map = mapOf(madeNode(networks));
        const folded = new Set(
          shut.flatMap((at) => (networks[at] ? [`network:${networks[at].name}`] : [])),
        );
        const layout = layoutOf(map, { folded });
        expect(problems(layout)).toEqual([]);
        for (const { id } of map.nodes) expect(layout.places.has(id)).toBeTrue();
        const drawn = map.edges.filter(({ kind }) => kind !== "maps");
        expect([...layout.ways.keys()].toSorted()).toEqual(drawn.map(({ id }) => id).toSorted());
      },
    ),
    { numRuns: 40 },
  );
});

test("a bridge with 500 containers is a grid, not a line", () => {
  const map = mapOf(madeNode([{ name: "web", plugin: "bridge", count: 500 }]));
  const [frame] = layoutOf(map).frames;
  if (frame === undefined) throw new Error("there is a network");
  expect(frame.width / frame.height).toBeGreaterThan(0.6);
  expect(frame.width / frame.height).toBeLessThan(3);
});

test("what stays keeps its place when a container comes, and when one goes", () => {
  const facts = madeNode([
    { name: "db", plugin: "bridge", count: 20 },
    { name: "web", plugin: "bridge", count: 10 },
  ]);
  const all = mapOf(facts);
  const before = layoutOf(all);
  const gone = facts.attachments[5];
  const fewer = mapOf({
    ...facts,
    attachments: facts.attachments.filter((one) => one !== gone),
    links: facts.links.filter(({ name }) => name !== gone?.hostLink?.name),
    ports: facts.ports.filter(({ containerId }) => containerId !== gone?.containerId),
  });
  const after = layoutOf(fewer, { previous: before.memory });
  for (const [id, place] of after.places) {
    if (place.as === "tile") expect(place).toEqual(before.places.get(id) as NodePlace);
  }
  expect(layoutOf(all, { previous: after.memory }).places).toEqual(before.places);
});

test("a network without a container stands beside the others, and the way in is one column", () => {
  const facts = madeNode([{ name: "web", plugin: "bridge", count: 5 }]);
  const networks = [{ network: "a-new-one" }, ...facts.networks];
  const { frames, places } = layoutOf(mapOf({ ...facts, networks }));
  const [empty, full] = frames;
  expect([empty?.size, empty?.x]).toEqual([0, full?.x]);
  const way = ["outside:all", "uplink:eth0", "host:this"].map((id) => places.get(id));
  expect(new Set(way.map((place) => place?.x)).size).toBe(1);
  expect(way.map((place) => place?.y ?? 0)).toEqual(
    way.map((place) => place?.y ?? 0).toSorted((one, other) => one - other),
  );
});

test("no line to a network leads through another one", () => {
  const networks = ["a", "b", "c", "d"].map((name) => ({
    ...{ name, plugin: "bridge" as const, count: 12 },
  }));
  const map = mapOf(madeNode(networks));
  for (const isNarrow of [false, true]) {
    const { frames, ways } = layoutOf(map, { isNarrow });
    for (const { id, from, kind } of map.edges) {
      if (from !== "host:this" || kind !== "routes") continue;
      const points = ways.get(id) ?? [];
      const met = frames.filter(({ x, y, width, height }) =>
        points.slice(1).some((point, at) => {
          const before = points[at] ?? point;
          const isIn = (one: number, other: number, start: number, size: number): boolean =>
            Math.min(one, other) < start + size - 1 && Math.max(one, other) > start + 1;
          return isIn(point.x, before.x, x, width) && isIn(point.y, before.y, y, height);
        }),
      );
      expect([id, met.length <= 1]).toEqual([id, true]);
    }
  }
});

test("many networks are columns side by side", () => {
  const networks = Array.from({ length: 60 }, (_, at) => {
    return { name: `n${at}`, plugin: "bridge" as const, count: 3 };
  });
  const { width, height } = layoutOf(mapOf(madeNode(networks)));
  expect(height / width).toBeLessThan(2);
});

test("a folded network is one box in place of all of its nodes", () => {
  const map = mapOf(madeNode([{ name: "web", plugin: "bridge", count: 5 }]));
  const { frames, places } = layoutOf(map, { folded: new Set(["network:web"]) });
  expect(frames[0]).toMatchObject({ isFolded: true, size: 5, counts: { ok: 5 } });
  const place = places.get("namespace:/run/netns/web-c3");
  expect(place).toMatchObject({ as: "folded", x: frames[0]?.x, width: frames[0]?.width });
});
