/** What changes on this node. */
export { type Change, type ChangeEvent, Changes } from "./changes.ts";
export { watchNode } from "./watch.ts";
