export { isCommentOfNetwork, MAX_COMMENT_BYTES, networkMark, ownerComment } from "./comment.ts";
export type { OwnerRecord } from "./record.ts";
export { staleMarks } from "./stale.ts";
export {
  DEFAULT_STATE_DIR,
  type ListedRecord,
  OwnerStore,
  type OwnerStoreOptions,
  readBootId,
  STATE_DIR_VARIABLE,
  stateDirectory,
} from "./store.ts";
