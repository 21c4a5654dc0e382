export { networkMark, ownerComment } from "./comment.ts";
export { foundNote, staleNotes } from "./notes.ts";
export type { OwnerRecord } from "./record.ts";
export { attachmentOf, ownerRecords } from "./records.ts";
export { staleMarks } from "./stale.ts";
export {
  type ListedRecord,
  OwnerStore,
  type OwnerStoreOptions,
  readBootId,
  STATE_DIR_VARIABLE,
  stateDirectory,
} from "./store.ts";
