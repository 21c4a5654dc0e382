/** The way of a packet on the map, in words. */
export { pathOf } from "./path.ts";
