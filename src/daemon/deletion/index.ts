export { type DeleteBatch, Deleter } from "./deleter.ts";
