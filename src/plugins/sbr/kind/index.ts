export type { SourceAddress, SourceRouting } from "./config.ts";
export { SourceRecords } from "./record.ts";
export { SourceRoutingStep } from "./step.ts";
