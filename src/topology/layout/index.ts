/** Where to draw what a map has. */
export { networkFrame } from "./cells.ts";
export { layoutOf } from "./layout.ts";
export {
  type Density,
  type Frame,
  type LayoutMemory,
  type LayoutOptions,
  type MapLayout,
  type Place,
  type Point,
  type Rect,
} from "./shape.ts";
export { type Writing, writingsOf } from "./words.ts";
