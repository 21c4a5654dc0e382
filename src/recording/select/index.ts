/** Which recorded calls belong together, and which of them are asked for. */
export { type CallFilter, fits, isOf } from "./filter.ts";
export { type CallForest, type CallGroup, groupsOf, podOf } from "./groups.ts";
