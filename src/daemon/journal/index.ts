export type { JournalEntry, NetnsNote } from "./entry.ts";
export { Journal } from "./journal.ts";
export { networkOf, noting } from "./keep.ts";
export { entryOf, type NotedCall } from "./note.ts";
