/** Where to draw what a map has. */
export { networkFrame } from "./cells.ts";
export { layoutOf } from "./layout.ts";
export { type Leaves, leavesOf } from "./leaves.ts";
export type {
  Density,
  Frame,
  LayoutMemory,
  LayoutOptions,
  MapLayout,
  NodePlace,
  Point,
  Rect,
} from "./shape.ts";
export { edgeWritings, type Writing, writingsOf } from "./words.ts";
