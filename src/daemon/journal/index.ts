export { configOf, networkOf } from "./config.ts";
export { isSameNetns, type JournalEntry, type NetnsNote } from "./entry.ts";
export { Journal } from "./journal.ts";
export { noting } from "./keep.ts";
export { entryOf, type NotedCall } from "./note.ts";
