/** The form in JSON of each thing that Hawser shows: the same in commands, in the API and on the page. */
export * from "./address.ts";
export * from "./attachment.ts";
export * from "./call.ts";
export * from "./change.ts";
export * from "./diagnosis.ts";
export * from "./error.ts";
export * from "./finding.ts";
export * from "./fleet.ts";
export * from "./link.ts";
export * from "./list.ts";
export * from "./map.ts";
export * from "./name.ts";
export * from "./network.ts";
export * from "./node.ts";
export * from "./port.ts";
export * from "./range.ts";
export * from "./rule.ts";
export type { Keys, Optional, Schema } from "./schema.ts";
