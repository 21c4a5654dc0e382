/** What is written where on the drawing: the same on the page and in a file. */
import type { MapForm, MapNodeForm } from "../../forms/index.ts";
import { fit } from "../text/index.ts";
import { boxLines, tileLines } from "./lines.ts";
import { LINE, type MapLayout, type NodePlace, type Point } from "./shape.ts";

export interface Writing {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** A word ends where it stands; all else begins there. */
  readonly as: "label" | "line" | "chip" | "word" | "edge";
}

/** The widths of letters are not known where nothing is drawn: these are of the widest of the usual fonts. */
const LABEL_PX = 7.8;
const DENSE_PX = 6.2;
/** Of a state that is not well, in the upper right corner. */
const SIGN = 20;

export function writingsOf(node: MapNodeForm, place: NodePlace): Writing[] {
  const { x, y, width, as, density } = place;
  if (as === "chip") return chip(node, place);
  if (as === "plug" || as === "folded") return [];
  // Beside the sign of a state that is not well stands its word.
  const sign = node.state === "ok" ? 0 : SIGN + Math.ceil(node.state.length * DENSE_PX);
  if (density === "dense") return dense(node, place, sign);
  const columns = Math.floor((width - 24 - sign) / LABEL_PX);
  const lines = as === "tile" ? tileLines(node.lines) : boxLines(node.lines);
  return [
    { x: x + 12, y: y + 23, text: fit(node.label, columns), as: "label" },
    ...stateWord(node, place),
    ...lines.map((text, at): Writing => {
      return { x: x + 12, y: y + 41 + at * LINE, text, as: "line" };
    }),
  ];
}

function dense(node: MapNodeForm, place: NodePlace, sign: number): Writing[] {
  const { x, y, width, reserved = 0 } = place;
  const columns = Math.floor((width - 16 - reserved - sign) / LABEL_PX);
  return [
    { x: x + 10, y: y + 17, text: fit(node.label, columns), as: "label" },
    ...stateWord(node, place),
  ];
}

/** Beside the sign, and ending there. */
function stateWord({ state }: MapNodeForm, { x, y, width }: NodePlace): Writing[] {
  return state === "ok" ? [] : [{ x: x + width - SIGN - 4, y: y + 17, text: state, as: "word" }];
}

/** The widest text beside a line that runs up and down: what stands there begins further right. */
const BESIDE_COLUMNS = 28;

/** What is written at lines between boxes: the number of a VLAN, the next hop of a default route. */
export function edgeWritings({ edges }: MapForm, { ways, places }: MapLayout): Writing[] {
  const texts = new Map<string, { readonly at: Point; readonly room: number; texts: string[] }>();
  for (const { id, from, kind, label } of edges) {
    const isSaid = kind === "on" || kind === "way out";
    const place = isSaid && label !== "" ? places.get(from) : undefined;
    // A tile says by itself what it stands on.
    if (place?.as !== "box") continue;
    const spot = labelSpot(ways.get(id) ?? []);
    if (spot === undefined) continue;
    const key = `${spot.at.x} ${spot.at.y}`;
    const there = texts.get(key) ?? { ...spot, texts: [] };
    there.texts.push(label);
    texts.set(key, there);
  }
  return [...texts.values()].flatMap(({ at, room, texts: said }) => {
    const text = said.join(", ");
    const isTooLong = room < BESIDE_COLUMNS && text.length > room;
    return isTooLong ? [] : [{ ...at, text: fit(text, BESIDE_COLUMNS), as: "edge" as const }];
  });
}

/** Beside the longest part of a line, and for how many columns there is room. */
function labelSpot(
  points: readonly Point[],
): { readonly at: Point; readonly room: number } | undefined {
  let best: { readonly from: Point; readonly to: Point; readonly length: number } | undefined;
  points.forEach((from, index) => {
    const to = points[index + 1];
    const length = to === undefined ? 0 : Math.abs(to.x - from.x) + Math.abs(to.y - from.y);
    if (to !== undefined && length > (best?.length ?? 0)) best = { from, to, length };
  });
  if (best === undefined) return undefined;
  const { from, to, length } = best;
  const isUpright = from.x === to.x;
  return isUpright
    ? { at: { x: from.x + 7, y: (from.y + to.y) / 2 + 4 }, room: BESIDE_COLUMNS }
    : {
        at: { x: Math.min(from.x, to.x) + 4, y: from.y - 5 },
        room: Math.floor((length - 4) / DENSE_PX),
      };
}

function chip({ port, label }: MapNodeForm, { x, y, width, more, density }: NodePlace): Writing[] {
  const own =
    port === undefined
      ? label
      : `:${port.hostPort}${port.protocol === "tcp" ? "" : ` ${port.protocol}`}`;
  const others = density === "full" ? `+ ${more}` : `${more} ports`;
  const text = more === undefined ? own : others;
  return [{ x: x + 6, y: y + 13, text: fit(text, Math.floor((width - 8) / DENSE_PX)), as: "chip" }];
}
