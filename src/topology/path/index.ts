/** The way of a packet on the map, in words. */
export { parseAsked } from "./asked.ts";
export { pathOf } from "./path.ts";
