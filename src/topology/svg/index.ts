/** The map as a picture in a file. */
export { svgOf } from "./svg.ts";
