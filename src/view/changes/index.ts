/** What changes on this node. */
export { type Change, type ChangeEvent, Changes } from "./changes.ts";
export { HostEvents } from "./host-events.ts";
export { NodeWatch } from "./node-watch.ts";
export { watchNode } from "./watch.ts";
