/** What of a range is to be drawn. */
export { type Runs, runsOf } from "./runs.ts";
