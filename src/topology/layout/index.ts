/** Where to draw what a map has. */
export { networkFrame } from "./cells.ts";
export { layoutOf } from "./layout.ts";
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
export { type Writing, writingsOf } from "./words.ts";
