import type { MapGroupForm } from "../../forms/index.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

/** How much of a container is written out: less where there are many. */
export type Density = "full" | "dense";

/** Where a node of the map is drawn. */
export interface NodePlace extends Rect {
  /**
   * A box of its own; a container's tile; the plug of a link at a tile; a port at a tile; or, where the group is
   * folded, the group in its place.
   */
  readonly as: "box" | "tile" | "plug" | "chip" | "folded";
  readonly density: Density;
  /** The frame in which it stands. */
  readonly frame?: string | undefined;
  /** Of a port that stands for others that have no room: how many they are with it. */
  readonly more?: number | undefined;
  /** Of a tile: the width at its right that a port takes. */
  readonly reserved?: number | undefined;
}

/** A frame around what belongs together: a network, the other nodes of a fleet. */
export interface Frame extends Rect {
  readonly id: string;
  readonly title: string;
  readonly network?: string | undefined;
  readonly counts?: MapGroupForm["counts"] | undefined;
  /** So many tiles it has. */
  readonly size: number;
  readonly hidden: number;
  readonly isFolded: boolean;
  /** The line that the tiles hang on: from its left end along the top, and down beside each column. */
  readonly rails: readonly (readonly Point[])[];
}

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Frame[];
  /** By the identity of a node. */
  readonly places: ReadonlyMap<string, NodePlace>;
  /** By the identity of an edge. */
  readonly ways: ReadonlyMap<string, readonly Point[]>;
  /** What the next layout keeps, so that nothing moves without need. */
  readonly memory: LayoutMemory;
}

export interface LayoutMemory {
  /** Of each frame, the slots of its tiles. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly outer?: { readonly key: string; readonly spots: ReadonlyMap<string, Point> } | undefined;
}

export interface LayoutOptions {
  /** Frames that are folded, by their identities. */
  readonly folded?: ReadonlySet<string> | undefined;
  /** For what is higher than wide, as a phone: networks stand above each other. */
  readonly isNarrow?: boolean | undefined;
  readonly previous?: LayoutMemory | undefined;
}

/** Between boxes of one column. */
export const NODE_GAP = 28;

/** Sizes in the units of the drawing: a pixel at its natural size. */
export const BOX: Readonly<Record<"width" | "height", number>> = { width: 184, height: 66 };
export const FOLDED: Readonly<Record<"width" | "height", number>> = { width: 232, height: 78 };
export const PADDING = 16;
export const TITLE = 34;
/** Between the bridges of a frame and its tiles the line runs. */
export const BUS = 16;

interface TileSize {
  readonly width: number;
  readonly height: number;
  /** Beside a column: where its line runs and its plugs stand. */
  readonly gutter: number;
  readonly gap: number;
  /** For ports. */
  readonly foot: number;
}

export const TILE: Readonly<Record<Density, TileSize>> = {
  full: { width: 204, height: 58, gutter: 34, gap: 14, foot: 22 },
  dense: { width: 180, height: 26, gutter: 26, gap: 6, foot: 0 },
};

/** Between two lines of text. */
export const LINE = 15;
export const PLUG = 10;

export function middle({ x, y, width, height }: Rect): Point {
  return { x: x + width / 2, y: y + height / 2 };
}
