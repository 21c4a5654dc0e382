/** The map as a picture in a file. */
export { STATE_SHAPES } from "./shapes.ts";
export { pathData, svgOf } from "./svg.ts";
