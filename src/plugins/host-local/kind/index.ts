export type { Allocation, RequestedIp } from "./allocate.ts";
export type { Holding } from "./content.ts";
export { ioFailure } from "./failure.ts";
export { DEFAULT_DATA_DIR, type ReservationPlace } from "./place.ts";
export {
  parseRangeSets,
  type Range,
  type RangeSet,
  type RangeSpec,
  rangeWarnings,
} from "./range.ts";
export { collectReservations, type ReservationOptions, ReservationStep } from "./step.ts";
export { verifyCapacity } from "./verify.ts";
