export { deleteLinks, type Undeleted } from "./delete.ts";
export { type DeleteBatch, Deleter } from "./deleter.ts";
