/** Addresses reserved by files of a directory, one each, as Go's host-local writes them. */
export { allocate, exhaustedSet, type RequestedIp, reserving } from "./allocate.ts";
export type { Choice } from "./choose.ts";
export { ioFailure } from "./failure.ts";
export { fillOf, type RangeSetFill } from "./fill.ts";
export type { Holder, Holding } from "./holder.ts";
export {
  holdingOf,
  promisedAddresses,
  releaseLater,
  reservationRemoval,
  restoreReservations,
} from "./keeper.ts";
export { readLast } from "./last.ts";
export { type FoundReservation, reservationsIn, reservedAt } from "./look.ts";
export { chooseOnly } from "./plan.ts";
export {
  capacity,
  parseRangeSets,
  type Range,
  type RangeSet,
  type RangeSpec,
  rangeFor,
  rangeOf,
  rangeWarnings,
  showRange,
  showRangeSet,
  size,
} from "./range.ts";
export { releaseNamed } from "./release.ts";
export { requestedIps } from "./requested.ts";
export { pathOf, type ReservationDir, withReservations } from "./reservation-dir.ts";
export type { Reservations } from "./reservations.ts";
export {
  checkWritable,
  fullError,
  verifyCapacity,
  verifyReservation,
} from "./verify.ts";
