/** Frames and nodes that stand alone, from the outside on the left to the containers on the right. */

import * as dagre from "@dagrejs/dagre";
import { addTo } from "../../base/index.ts";
import { type LayoutMemory, NODE_GAP, type Point } from "./shape.ts";

/** What is used of dagre. Its own types name their files in a way that only bundlers follow. */
interface Dagre {
  readonly Graph: new (options: { readonly directed: boolean }) => DagreGraph;
  readonly layout: (graph: DagreGraph) => void;
}

interface DagreGraph {
  setGraph(label: object): void;
  setDefaultEdgeLabel(label: () => object): void;
  setNode(id: string, label: object): void;
  setEdge(from: string, to: string): void;
  /** After the layout, the middle of the node. */
  node(id: string): { readonly x: number; readonly y: number };
}

const { Graph, layout } = dagre as unknown as Dagre;

/** Something to be placed. */
export interface OuterBox {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly isFrame: boolean;
}

/** From left to right. */
export interface OuterEdge {
  readonly from: string;
  readonly to: string;
}

const COLUMN_GAP = 84;
/** Boxes on the way in stand above each other where that makes a column no higher than this part of the highest. */
const TOWER = 0.8;
const TOWER_MIN = 420;
/** Between parts of one column. */
const PART_GAP = 40;
/** How much wider than high the whole is to be, and how much of it is empty. */
const ASPECT = { wide: 1.7, narrow: 0.6 } as const;
const LOOSE = 1.6;
const HEIGHT_MIN = 500;

/** The corner of each box; those of the last time where nothing has changed that they depend on. */
export function outerSpots(
  boxes: readonly OuterBox[],
  edges: readonly OuterEdge[],
  shape: keyof typeof ASPECT,
  before: LayoutMemory["outer"],
): NonNullable<LayoutMemory["outer"]> {
  const sizes = boxes.map(({ id, width, height }) => [id, width, height]);
  const key = JSON.stringify([sizes, edges, shape]);
  if (before?.key === key) return before;
  const area = boxes.reduce((sum, { width, height }) => sum + width * height, 0);
  const most = Math.max(
    HEIGHT_MIN,
    ...boxes.map(({ height }) => height),
    Math.sqrt((area * LOOSE) / ASPECT[shape]),
  );
  return { key, spots: stacked(towered(columnsOf(boxes, edges)), most) };
}

/**
 * The way from the outside to the networks is a chain of small boxes: as a row it takes the width that the
 * networks need. It becomes one column, from the outside on top to what the networks hang on.
 */
function towered(columns: OuterBox[][]): OuterBox[][] {
  const first = columns.findIndex((column) => column.some(({ isFrame }) => isFrame));
  if (first < 2) return columns;
  const tower = columns.slice(0, first).flat();
  const others = columns.slice(first);
  const most = Math.max(TOWER_MIN, TOWER * Math.max(...others.map(heightOf)));
  return heightOf(tower) > most ? columns : [tower, ...others];
}

/** What dagre decides: which column each box is in, and in which order they stand there. */
function columnsOf(boxes: readonly OuterBox[], edges: readonly OuterEdge[]): OuterBox[][] {
  const graph = new Graph({ directed: true });
  graph.setGraph({ rankdir: "LR", nodesep: NODE_GAP, ranksep: COLUMN_GAP });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { from, to } of edges) graph.setEdge(from, to);
  for (const { from, to } of besideOthers(boxes, edges)) graph.setEdge(from, to);
  layout(graph);
  const byX = new Map<number, { box: OuterBox; y: number }[]>();
  for (const box of boxes) {
    const { x, y } = graph.node(box.id);
    addTo(byX, Math.round(x), { box, y });
  }
  return [...byX]
    .toSorted(([one], [other]) => one - other)
    .map(([, column]) => column.toSorted((one, other) => one.y - other.y).map(({ box }) => box));
}

/** A network that nothing leads to, such as one without any container, stands where the others do. */
function besideOthers(boxes: readonly OuterBox[], edges: readonly OuterEdge[]): OuterEdge[] {
  const frames = new Set(boxes.flatMap(({ id, isFrame }) => (isFrame ? [id] : [])));
  const joined = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const root = edges.find(({ from, to }) => frames.has(to) && !frames.has(from))?.from;
  const last = root ?? boxes.findLast(({ id }) => !frames.has(id))?.id;
  if (last === undefined) return [];
  return [...frames].filter((id) => !joined.has(id)).map((to) => ({ from: last, to }));
}

/** Columns beside each other; one that is higher than it may be is broken into several. */
function stacked(columns: readonly OuterBox[][], most: number): Map<string, Point> {
  const spots = new Map<string, Point>();
  const heights: { ids: OuterBox[]; x: number; height: number }[] = [];
  let x = 0;
  for (const column of columns) {
    const parts = broken(column, most);
    parts.forEach((part, at) => {
      if (x > 0) x += at === 0 ? COLUMN_GAP : PART_GAP;
      heights.push({ ids: part, x, height: heightOf(part) });
      x += Math.max(...part.map(({ width }) => width));
    });
  }
  const whole = Math.max(0, ...heights.map(({ height }) => height));
  for (const { ids, x: left, height } of heights) {
    let y = (whole - height) / 2;
    for (const { id, height: own } of ids) {
      spots.set(id, { x: left, y });
      y += own + NODE_GAP;
    }
  }
  return spots;
}

function broken(column: readonly OuterBox[], most: number): OuterBox[][] {
  const parts: OuterBox[][] = [];
  let height = Number.POSITIVE_INFINITY;
  for (const box of column) {
    if (height + NODE_GAP + box.height > most) {
      parts.push([box]);
      height = box.height;
    } else {
      parts.at(-1)?.push(box);
      height += NODE_GAP + box.height;
    }
  }
  return parts;
}

function heightOf(part: readonly OuterBox[]): number {
  return part.reduce((sum, { height }) => sum + height, NODE_GAP * (part.length - 1));
}
