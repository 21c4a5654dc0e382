import { expect, test } from "bun:test";
import * as fc from "fast-check";
import type { MapForm } from "../../forms/index.ts";
import { drift, madeNode } from "../fixture/node.ts";
import { mapOf } from "../graph/index.ts";
import { layoutOf, leavesOf } from "./index.ts";

/** Two networks of which the second's first containers are those of the first, and one of them has drifted. */
function sharedMap(first: number, second: number, shared: number): MapForm {
  const facts = madeNode([
    { name: "db", plugin: "ptp", count: first },
    { name: "web", plugin: "bridge", count: second },
  ]);
  const own = facts.attachments.filter(({ network }) => network === "db");
  const attachments = facts.attachments.map((one) => {
    if (one.network !== "web") return one;
    const at = Number(one.containerId.slice("web-c".length));
    const owner = at < shared ? own[at] : undefined;
    const moved = owner && { containerId: owner.containerId, netns: owner.netns, ifName: "net1" };
    const fault = { state: "drift" as const, findings: [drift("link-down", "it is down")] };
    return { ...one, ...moved, ...(at === 0 ? fault : {}) };
  });
  const names = new Map(attachments.map((one) => [one.addresses[0]?.split("/")[0], one]));
  const ports = facts.ports.map((port) => {
    const { containerId = "", ifName = "" } = names.get(port.address) ?? port;
    return { ...port, containerId, ifName };
  });
  return mapOf({ ...facts, attachments, ports });
}

test("a container of two networks is drawn in each, with what is there and words for the other", () => {
  const map = sharedMap(1, 2, 1);
  const leaves = leavesOf(map);
  const [id = ""] = map.nodes.flatMap((node) => (node.attachments.length > 1 ? [node.id] : []));
  const drawn = leaves.of(id).map((leaf) => leaves.map.nodes.find((node) => node.id === leaf));
  expect(drawn).toMatchObject([
    { network: "db", state: "ok", faults: [], lines: ["eth0 10.1.0.2/16", "also net1 on web"] },
    {
      ...{ network: "web", state: "drift", faults: ["it is down"] },
      lines: ["net1 10.2.0.2/16", "also eth0 on db"],
    },
  ]);
  expect(leaves.of(id).map(leaves.ownerOf)).toEqual([id, id]);
  const [inDb = "", inWeb = ""] = leaves.of(id);
  const pairs = leaves.map.edges.filter(
    ({ to, kind }) => kind === "pair" && leaves.ownerOf(to) === id,
  );
  expect(pairs.map(({ from, to }) => [from, to])).toEqual([
    ["link:v0x0", inDb],
    ["link:v1x0", inWeb],
  ]);
  const port = leaves.map.edges.find(
    ({ from, kind }) => kind === "maps" && from.startsWith("port:"),
  );
  expect(port?.to).toBe(inWeb);
  expect(map.groups.map(({ nodes }) => nodes.includes(id))).toEqual([true, true]);
});

test("a frame has as many containers as its network has attachments, and no line leads from one to another", () => {
  const sizes = fc.record({ first: fc.nat(60), second: fc.nat(60), shared: fc.nat(60) });
  fc.assert(
    fc.property(sizes, ({ first, second, shared }) => {
      const { map } = leavesOf(sharedMap(first, second, shared));
      expect(new Set(map.nodes.map(({ id }) => id)).size).toBe(map.nodes.length);
      const layout = layoutOf(map);
      for (const { size, counts } of layout.frames) {
        const said = Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
        expect(size).toBe(said);
      }
      for (const { from, to } of map.edges) {
        const [one, other] = [layout.places.get(from)?.frame, layout.places.get(to)?.frame];
        if (one !== undefined && other !== undefined) expect(one).toBe(other);
      }
    }),
    { numRuns: 30 },
  );
});

test("a map without such containers is the map itself", () => {
  const map = mapOf(madeNode([{ name: "web", plugin: "bridge", count: 3 }]));
  expect(leavesOf(map).map).toBe(map);
});
