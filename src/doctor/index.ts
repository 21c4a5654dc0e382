/** Why a container has no network: stages and findings, each with what mends it. */
export { type Packet, type Passage, Ruleset, Walk } from "./ruleset/index.ts";
