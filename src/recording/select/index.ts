/** Which recorded calls belong together, and which of them are asked for. */
export { type CallFilter, fits, named } from "./filter.ts";
export { type CallForest, type CallGroup, groupsOf } from "./groups.ts";
