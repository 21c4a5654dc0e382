/** Why a container has no network: stages and findings, each with what mends it. */
export {
  type FindingKind,
  type FindingName,
  SECTIONS,
  type Severity,
} from "./catalogue.ts";
export { type Choice, choose } from "./choose.ts";
export {
  type Diagnosis,
  examineAttachment,
  examineNode,
  examineStranger,
  type Question,
} from "./examine.ts";
export type { Finding, Stage, StageState } from "./finding.ts";
export { followPacket, storyJson, storyLines } from "./packet/index.ts";
export type { Target } from "./subject.ts";
export type { Node, Surroundings } from "./surroundings.ts";
export { nodeOf } from "./surroundings.ts";
