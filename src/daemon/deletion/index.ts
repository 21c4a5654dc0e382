export { type DeletionTask, runDeletion } from "./delete.ts";
export { type DeleteBatch, Deleter, deletionError } from "./deleter.ts";
export { DeletionThread } from "./thread.ts";
