export { deleteConntrack, listConntrack } from "./conntrack.ts";
export type { FlowFilter, Protocol } from "./filter.ts";
export type { Flow, Tuple } from "./flow.ts";
