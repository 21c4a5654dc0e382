export { type DeleteBatch, Deleter, failure } from "./deleter.ts";
