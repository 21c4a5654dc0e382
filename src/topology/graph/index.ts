/** The node's network as a graph of forms. */
export type { HostFacts, MapFacts, StandingFact } from "./facts.ts";
export { ATTACHMENTS_MAX, mapOf } from "./map.ts";
export { narrowed } from "./narrow.ts";
