/** A fleet as an operator sees it whole, and what does not fit together in it. */
export { judgeFleet, type OwnSide } from "./judge.ts";
export { addressCount, fleetReport, openNodes } from "./make.ts";
export type {
  FleetFinding,
  FleetReport,
  NodeReport,
  NodeState,
  PartReport,
  SpaceReport,
  StickyReport,
} from "./report.ts";
