/** The form in JSON of each thing that Hawser shows: the same in commands, in the API and on the page. */
export type * from "./attachment.ts";
export type * from "./call.ts";
export type * from "./change.ts";
export type * from "./diagnosis.ts";
export type * from "./finding.ts";
export type * from "./fleet.ts";
export type * from "./map.ts";
export type * from "./name.ts";
export type * from "./network.ts";
export type * from "./node.ts";
export type * from "./port.ts";
export type * from "./range.ts";
