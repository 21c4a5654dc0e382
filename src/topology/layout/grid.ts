/** The tiles of a frame, in a grid in which each keeps its slot. */
import type { Cell } from "./cells.ts";
import {
  BOX,
  BUS,
  type Density,
  FOLDED,
  LINE,
  type NodePlace,
  PADDING,
  PLUG,
  type Point,
  TILE,
  TITLE,
} from "./shape.ts";

/** A frame whose place is not known yet: everything in it is relative to its corner. */
export interface Packed {
  readonly width: number;
  readonly height: number;
  readonly places: ReadonlyMap<string, NodePlace>;
  readonly rails: readonly (readonly Point[])[];
  readonly slots: ReadonlyMap<string, number>;
  /** Where lines from elsewhere end. */
  readonly busY: number;
  readonly isFolded: boolean;
}

/** With more tiles than these there is less on each. */
const FULL_MAX = 48;
/** How much wider than high a frame is. */
const ASPECT = 1.5;
/** A grid that is emptier than this is packed anew, unless it is small. */
const FILLED_MIN = 0.5;
const REPACK_MIN = 16;
const CHIPS: Readonly<Record<Density, number>> = { full: 3, dense: 1 };
const CHIP = { height: 18, gap: 4, width: 58 } as const;

export function folded(cell: Cell): Packed {
  const { width, height } = FOLDED;
  const place: NodePlace = {
    x: 0,
    y: 0,
    width,
    height,
    as: "folded",
    density: "full",
    frame: cell.id,
  };
  const ids = [
    ...cell.bridges,
    ...cell.tiles.flatMap(({ id, links, ports }) => [id, ...links, ...[...ports.values()].flat()]),
  ];
  return {
    ...{ width, height, isFolded: true, rails: [], busY: height / 2 },
    places: new Map(ids.map((id) => [id, place])),
    slots: new Map(),
  };
}

export function packed(cell: Cell, before: ReadonlyMap<string, number> | undefined): Packed {
  const { bridges, tiles } = cell;
  const slots = slotsOf(
    tiles.map(({ id }) => id),
    before,
  );
  const used = [...slots.values()].reduce((most, slot) => Math.max(most, slot + 1), 0);
  const capacity = capacityOf(used);
  const density: Density = capacity > FULL_MAX ? "dense" : "full";
  const size = TILE[density];
  const foot = tiles.some(({ ports }) => ports.size > 0) ? size.foot : 0;
  // One line of text is enough for most; where one has more, all are as high.
  const lines = density === "full" ? Math.max(1, ...tiles.map((tile) => tile.lines)) : 1;
  const height = size.height + (lines - 1) * LINE + foot;
  const columns = columnsOf(capacity, size.width + size.gutter, height + size.gap);
  const top = TITLE + (bridges.length === 0 ? 0 : BOX.height + 8);
  const busY = top + BUS / 2;
  const places = new Map<string, NodePlace>();
  bridges.forEach((id, at) => {
    const x = PADDING + at * (BOX.width + PADDING);
    places.set(id, { x, y: TITLE, ...BOX, as: "box", density: "full", frame: cell.id });
  });
  const wired: NodePlace[] = [];
  for (const { id, links, ports, isWired } of tiles) {
    const slot = slots.get(id) ?? 0;
    const [column, row] = [slot % columns, Math.floor(slot / columns)];
    const x = PADDING + size.gutter + column * (size.width + size.gutter);
    const y = top + BUS + row * (height + size.gap);
    const tile: NodePlace = {
      ...{ x, y, width: size.width, height, as: "tile", density, frame: cell.id },
      ...(density === "dense" && ports.size > 0 ? { reserved: CHIP.width + CHIP.gap } : {}),
    };
    places.set(id, tile);
    for (const link of links) {
      places.set(link, { ...plugOf(tile), as: "plug", density, frame: cell.id });
    }
    addChips(places, [...ports.values()], tile, foot);
    if (isWired || links.length > 0) wired.push(tile);
  }
  const rows = roomyRows(used, columns);
  const inner =
    tiles.length === 0 ? 0 : size.gutter + columns * (size.width + size.gutter) - size.gutter;
  const wide = Math.max(
    inner,
    bridges.length * (BOX.width + PADDING) - PADDING,
    FOLDED.width - 2 * PADDING,
  );
  // The line begins below the bridge; where there is none, at the left, where it comes from.
  const start = bridges.length === 0 ? 0 : PADDING + BOX.width / 2;
  const rails = [
    ...railsOf(wired, start, busY),
    ...bridges.map((_, at) => {
      const x = PADDING + at * (BOX.width + PADDING) + BOX.width / 2;
      return [
        { x, y: TITLE + BOX.height },
        { x, y: wired.length === 0 ? TITLE + BOX.height : busY },
      ];
    }),
  ];
  return {
    ...{ width: wide + 2 * PADDING, places, rails, slots, busY, isFolded: false },
    height: top + BUS + rows * (height + size.gap) + PADDING - size.gap,
  };
}

function plugOf(tile: NodePlace): { x: number; y: number; width: number; height: number } {
  return {
    x: tile.x - PLUG / 2,
    y: hangsAt(tile) - PLUG / 2,
    width: PLUG,
    height: PLUG,
  };
}

/** How high a tile hangs on its line: beside what is written on it first. */
export function hangsAt({ y, density }: NodePlace): number {
  return y + TILE[density].height / 2;
}

function addChips(
  places: Map<string, NodePlace>,
  ports: readonly (readonly string[])[],
  tile: NodePlace,
  foot: number,
): void {
  const { density, frame } = tile;
  const isFull = density === "full";
  const y = tile.y + (isFull ? tile.height - foot : (tile.height - CHIP.height) / 2);
  const first = isFull ? tile.x + 10 : tile.x + tile.width - CHIP.width - CHIP.gap;
  const most = CHIPS[density];
  ports.forEach(([id = "", ...alike], at) => {
    // The last chip stands for all that have no room.
    const slot = Math.min(at, most - 1);
    const isHidden = at !== slot;
    const more = at === most - 1 && ports.length > most ? ports.length - at : undefined;
    const x = first + slot * (CHIP.width + CHIP.gap);
    const place = { x, y, width: CHIP.width, height: CHIP.height, density, frame, more };
    places.set(id, { ...place, as: isHidden ? "folded" : "chip" });
    for (const other of alike) places.set(other, { ...place, as: "folded" });
  });
}

/** The line of a frame, beside each column, and to each tile that hangs on it. */
function railsOf(wired: readonly NodePlace[], start: number, busY: number): Point[][] {
  const columns = new Map<number, number>();
  const stubs: Point[][] = [];
  for (const tile of wired) {
    const x = railX(tile);
    const y = hangsAt(tile);
    columns.set(x, Math.max(columns.get(x) ?? 0, y));
    stubs.push([
      { x, y },
      { x: tile.x, y },
    ]);
  }
  if (columns.size === 0) return [];
  const bus = [
    { x: Math.min(start, ...columns.keys()), y: busY },
    { x: Math.max(start, ...columns.keys()), y: busY },
  ];
  const down = [...columns].map(([x, y]) => [
    { x, y: busY },
    { x, y },
  ]);
  return [bus, ...down, ...stubs];
}

/** Where the line beside a tile runs. */
export function railX({ x, density }: NodePlace): number {
  return x - TILE[density].gutter / 2;
}

/** Tiles that were there keep their slots; new ones take the first that are free. */
function slotsOf(
  ids: readonly string[],
  before: ReadonlyMap<string, number> | undefined,
): Map<string, number> {
  const slots = new Map<string, number>();
  for (const id of ids) {
    const slot = before?.get(id);
    if (slot !== undefined) slots.set(id, slot);
  }
  const most = [...slots.values()].reduce((sum, slot) => Math.max(sum, slot + 1), ids.length);
  if (most > REPACK_MIN && ids.length < most * FILLED_MIN) {
    return new Map(ids.map((id, at) => [id, at]));
  }
  const taken = new Set(slots.values());
  let next = 0;
  for (const id of ids) {
    if (slots.has(id)) continue;
    while (taken.has(next)) next++;
    slots.set(id, next);
    taken.add(next);
  }
  return slots;
}

/** Rounded up, so that one container more does not make a new grid: by halves of powers of two. */
function capacityOf(count: number): number {
  for (let step = 1; ; step *= 2) {
    if (count <= step) return step;
    if (count <= step * 1.5 && step > 1) return step * 1.5;
  }
}

/** As many rows as are used, and of many a few more: a frame seldom grows. */
function roomyRows(used: number, columns: number): number {
  const rows = Math.ceil(used / columns);
  const step = Math.max(1, Math.floor(rows / 8));
  return Math.ceil(rows / step) * step;
}

function columnsOf(capacity: number, width: number, height: number): number {
  return Math.max(1, Math.round(Math.sqrt((capacity * height * ASPECT) / width)));
}
