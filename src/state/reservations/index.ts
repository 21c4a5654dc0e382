/** Addresses reserved by files of a directory, one each, as Go's host-local writes them. */
export { type AllocationRequest, allocate, type RequestedIp, reserving } from "./allocate.ts";
export type { Choice } from "./choose.ts";
export { ioFailure } from "./failure.ts";
export { fillOf, type RangeSetFill } from "./fill.ts";
export { type Holder, type Holding, isHeldBy, isOldHolder } from "./holder.ts";
export { readLast } from "./last.ts";
export { type FoundReservation, reservationsIn, reservedAt } from "./look.ts";
export { chooseOnly, foundReservations, staleReservations } from "./plan.ts";
export {
  parseRangeSets,
  type Range,
  type RangeSet,
  type RangeSpec,
  rangeFor,
  rangeWarnings,
  showRange,
  showRangeSet,
  size,
} from "./range.ts";
export { collect, type Removal, release, releaseNamed } from "./release.ts";
export { pathOf, type ReservationDir, withReservations } from "./reservation-dir.ts";
export type { Reservations } from "./reservations.ts";
export { fullError, verifyCapacity, verifyReservation } from "./verify.ts";
export { discardAside } from "./write.ts";
