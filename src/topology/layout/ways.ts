/** How edges are drawn: in lines at right angles, which share what they have in common. */
import type { MapForm } from "../../forms/index.ts";
import { hangsAt, railX } from "./grid.ts";
import { type Frame, middle, NODE_GAP, type NodePlace, type Point, type Rect } from "./shape.ts";

export interface Placed {
  readonly places: ReadonlyMap<string, NodePlace>;
  readonly frames: ReadonlyMap<string, Frame>;
  /** Of each frame, where the line runs that its tiles hang on. */
  readonly busY: ReadonlyMap<string, number>;
}

/** Before a box the lines to it run up and down. */
const GUTTER = 28;
/** Between boxes above each other: from their left. */
const TOWER_LINE = 24;
/** Above all networks, where a line passes those that it does not lead to. */
const LANE = 12;

export function waysOf({ edges }: MapForm, placed: Placed): Map<string, readonly Point[]> {
  const ways = new Map<string, readonly Point[]>();
  for (const { id, from, to, kind } of edges) {
    // A port stands at its container: no line leads there.
    if (kind === "maps") continue;
    const [one, other] = [placed.places.get(from), placed.places.get(to)];
    if (one === undefined || other === undefined) continue;
    ways.set(id, way(one, other, placed));
  }
  return ways;
}

function way(one: NodePlace, other: NodePlace, placed: Placed): Point[] {
  if (one.frame !== undefined && one.frame === other.frame) {
    return one.as === "folded" ? [] : within(one, other, placed);
  }
  const [first, last] = [exit(one, placed), exit(other, placed)];
  const outer = around(between(first.box, last.box), one.frame, other.frame, placed);
  return [...first.inner, ...outer, ...last.inner.toReversed()];
}

/** The same line, or one above the networks where it would seem to lead through one of them. */
function around(
  line: Point[],
  from: string | undefined,
  to: string | undefined,
  { frames }: Placed,
): Point[] {
  const [start, turn] = line;
  const end = line.at(-1);
  if (start === undefined || turn === undefined || end === undefined) return line;
  const others = [...frames.values()].filter(({ id }) => id !== from && id !== to);
  const isThrough = ({ x, y, width, height }: Rect): boolean =>
    line.some((point, at) => {
      const next = line[at + 1] ?? point;
      const [left, right] = [Math.min(point.x, next.x), Math.max(point.x, next.x)];
      return (
        next.y === point.y && point.y > y && point.y < y + height && left < x + width && right > x
      );
    });
  if (!others.some(isThrough)) return line;
  const top = Math.min(...[...frames.values()].map(({ y }) => y)) - LANE;
  const near = start.x + Math.sign(turn.x - start.x) * (GUTTER / 2);
  const far = end.x - Math.sign(end.x - start.x) * GUTTER;
  return [
    start,
    { x: near, y: start.y },
    { x: near, y: top },
    { x: far, y: top },
    { x: far, y: end.y },
    end,
  ];
}

/** In one frame: a plug and its tile, or a bridge and what hangs on it. */
function within(one: NodePlace, other: NodePlace, placed: Placed): Point[] {
  const busY = placed.busY.get(one.frame ?? "") ?? one.y;
  if (one.as !== "box" && other.as !== "box") return [side(one), side(other)];
  const [first, last] = [toBus(one, busY), toBus(other, busY)];
  return [...first, ...last.toReversed()];
}

/** From a node of a frame to the line of the frame. */
function toBus(place: NodePlace, busY: number): Point[] {
  if (place.as === "box") {
    const { x } = middle(place);
    return [
      { x, y: place.y + place.height },
      { x, y: busY },
    ];
  }
  const { y } = side(place);
  const x = place.as === "plug" ? railX({ ...place, x: place.x + place.width / 2 }) : railX(place);
  return [side(place), { x, y }, { x, y: busY }];
}

/** Where a line ends: a plug in its middle, a tile at its left. */
function side(place: NodePlace): Point {
  return place.as === "tile" ? { x: place.x, y: hangsAt(place) } : middle(place);
}

interface Exit {
  /** From the node outwards. */
  readonly inner: readonly Point[];
  readonly box: { readonly rect: Rect; readonly y: number };
}

/** Where the line from a node leaves its box. */
function exit(place: NodePlace, { frames, busY }: Placed): Exit {
  const frame = frames.get(place.frame ?? "");
  const y = middle(place).y;
  if (frame === undefined || place.as === "folded") return { inner: [], box: { rect: place, y } };
  if (place.as === "box") return { inner: [{ x: place.x, y }], box: { rect: frame, y } };
  const line = busY.get(frame.id) ?? y;
  return { inner: toBus(place, line), box: { rect: frame, y: line } };
}

/** Between two boxes: right of the left one, left of the right one. */
function between(one: Exit["box"], other: Exit["box"]): Point[] {
  if (one.rect.x > other.rect.x) return between(other, one).toReversed();
  const right = one.rect.x + one.rect.width;
  if (other.rect.x >= right) {
    const turn = other.rect.x - Math.min(GUTTER, (other.rect.x - right) / 2);
    return [
      { x: right, y: one.y },
      { x: turn, y: one.y },
      { x: turn, y: other.y },
      { x: other.rect.x, y: other.y },
    ];
  }
  const [upper, lower] =
    one.rect.y <= other.rect.y ? [one.rect, other.rect] : [other.rect, one.rect];
  const gap = lower.y - upper.y - upper.height;
  if (gap >= 0 && gap <= NODE_GAP) {
    // Left of the middle, so that there is room for what is written beside it.
    const x = Math.max(upper.x, lower.x) + TOWER_LINE;
    const points = [
      { x, y: upper.y + upper.height },
      { x, y: lower.y },
    ];
    return upper === one.rect ? points : points.toReversed();
  }
  // They stand above each other with something between: around their left sides.
  const turn = Math.min(one.rect.x, other.rect.x) - GUTTER / 2;
  return [
    { x: one.rect.x, y: one.y },
    { x: turn, y: one.y },
    { x: turn, y: other.y },
    { x: other.rect.x, y: other.y },
  ];
}
