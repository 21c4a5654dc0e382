/** A fleet as an operator sees it whole, and what an operator changes. */
export { initFleet, NotBegun, notAsserted, resumeFleet } from "./begin.ts";
export { type Freed, Freeing, NotFreed } from "./free.ts";
export { judgeFleet, type OwnSide } from "./judge.ts";
export { readFleet, sizeOf } from "./read.ts";
export type {
  FleetFinding,
  FleetReport,
  NodeReport,
  NodeState,
  PartReport,
  SpaceReport,
  StickyReport,
} from "./report.ts";
