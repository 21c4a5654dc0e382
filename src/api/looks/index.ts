/** The node as it is seen: views with their revisions, and the changes from one to the next. */
export { type Look, Looks } from "./looks.ts";
export { streamOf } from "./stream.ts";
