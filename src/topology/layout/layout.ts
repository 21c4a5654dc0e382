import type { MapEdgeForm, MapForm } from "../../forms/index.ts";
import { type Cell, cellsOf } from "./cells.ts";
import { folded, type Packed, packed } from "./grid.ts";
import { type OuterBox, type OuterEdge, outerSpots } from "./outer.ts";
import {
  BOX,
  type Frame,
  type LayoutOptions,
  type MapLayout,
  type NodePlace,
  type Point,
} from "./shape.ts";
import { waysOf } from "./ways.ts";

/** Around everything. */
const MARGIN = 24;

/** Where everything of a map is drawn. The same map and memory give the same drawing. */
export function layoutOf(map: MapForm, options: LayoutOptions = {}): MapLayout {
  const { folded: shut = new Set(), isNarrow = false, previous } = options;
  const { cells, alone } = cellsOf(map);
  const packs = new Map<string, Packed>();
  const boxOf = new Map<string, string>();
  const boxes: OuterBox[] = [];
  for (const { id } of alone) {
    boxes.push({ id, ...BOX, isFrame: false });
    boxOf.set(id, id);
  }
  for (const cell of cells) {
    const pack = shut.has(cell.id) ? folded(cell) : packed(cell, previous?.slots.get(cell.id));
    packs.set(cell.id, pack);
    boxes.push({ id: cell.id, width: pack.width, height: pack.height, isFrame: true });
    for (const id of pack.places.keys()) boxOf.set(id, cell.id);
  }
  const edges = ranking(outerEdges(map, boxOf), packs);
  const outer = outerSpots(boxes, edges, isNarrow ? "narrow" : "wide", previous?.outer);
  const frames = cells.map((cell) => frameOf(cell, packs.get(cell.id), outer.spots.get(cell.id)));
  const places = new Map<string, NodePlace>();
  for (const { id } of alone) {
    places.set(id, { ...shifted(outer.spots.get(id)), ...BOX, as: "box", density: "full" });
  }
  for (const [id, pack] of packs) {
    const corner = shifted(outer.spots.get(id));
    for (const [node, place] of pack.places) places.set(node, moved(place, corner));
  }
  const busY = new Map(frames.map(({ id, y }) => [id, y + (packs.get(id)?.busY ?? 0)]));
  const all = [...frames, ...places.values()];
  return {
    width: all.reduce((most, { x, width }) => Math.max(most, x + width), 0) + MARGIN,
    height: all.reduce((most, { y, height }) => Math.max(most, y + height), 0) + MARGIN,
    ...{ frames, places },
    ways: waysOf(map, { places, frames: new Map(frames.map((frame) => [frame.id, frame])), busY }),
    memory: { outer, slots: keptSlots(packs, previous?.slots) },
  };
}

/** A frame that is folded for now keeps its slots for later. */
function keptSlots(
  packs: ReadonlyMap<string, Packed>,
  before: ReadonlyMap<string, ReadonlyMap<string, number>> | undefined,
): Map<string, ReadonlyMap<string, number>> {
  const slots = new Map<string, ReadonlyMap<string, number>>();
  for (const [id, pack] of packs) {
    slots.set(id, pack.isFolded ? (before?.get(id) ?? pack.slots) : pack.slots);
  }
  return slots;
}

function frameOf(cell: Cell, pack: Packed | undefined, spot: Point | undefined): Frame {
  const corner = shifted(spot);
  const { id, title, group, tiles } = cell;
  return {
    ...{ id, title, size: tiles.length, hidden: group?.hidden ?? 0, ...corner },
    ...{ width: pack?.width ?? 0, height: pack?.height ?? 0, isFolded: pack?.isFolded ?? false },
    rails: (pack?.rails ?? []).map((line) => line.map((point) => moved(point, corner))),
    network: group?.network,
    counts: group?.counts,
  };
}

function moved<T extends Point>(thing: T, { x, y }: Point): T {
  return { ...thing, x: thing.x + x, y: thing.y + y };
}

function shifted(spot: Point = { x: 0, y: 0 }): Point {
  return { x: spot.x + MARGIN, y: spot.y + MARGIN };
}

/** The edges between boxes, each once, from the outside inwards. */
function outerEdges({ nodes, edges }: MapForm, boxOf: ReadonlyMap<string, string>): OuterEdge[] {
  const kinds = new Map(nodes.map(({ id, kind }) => [id, kind]));
  const seen = new Map<string, OuterEdge>();
  for (const edge of edges) {
    if (edge.kind === "maps") continue;
    const [from, to] = [boxOf.get(edge.from), boxOf.get(edge.to)];
    if (from === undefined || to === undefined || from === to) continue;
    const inward = isInward(edge, kinds) ? { from, to } : { from: to, to: from };
    const key = `${inward.from}\0${inward.to}`;
    if (!seen.has(key) && !seen.has(`${inward.to}\0${inward.from}`)) seen.set(key, inward);
  }
  return [...seen.values()];
}

/**
 * The edges that say which column a box is in. A link of one network that stands on one of another puts neither
 * of them behind the other, where the host leads to both.
 */
function ranking(
  edges: readonly OuterEdge[],
  frames: { readonly has: (id: string) => boolean },
): OuterEdge[] {
  const reached = new Set(edges.flatMap(({ from, to }) => (frames.has(from) ? [] : [to])));
  return edges.filter(({ from, to }) => !frames.has(from) || !frames.has(to) || !reached.has(to));
}

/** Whether an edge leads from the outside towards the containers. */
function isInward({ kind, from, to }: MapEdgeForm, kinds: ReadonlyMap<string, string>): boolean {
  if (kind === "way out" || kind === "on") return false;
  if (kind === "port of") return kinds.get(from) === "uplink";
  return kind !== "routes" || kinds.get(to) !== "uplink";
}
