/** What each of the node's sources knows, read and never changed. */
export { cacheFiles } from "./cache.ts";
export { FactsByText, type HostLocalFacts, type NetworkFacts } from "./facts.ts";
export { type HostLink, type HostLinks, hostLinks } from "./links.ts";
export { NetnsLooks, type NetnsProof, type NetnsState } from "./namespaces.ts";
export {
  allOf,
  type Journalled,
  journalFiles,
  type NetnsNoted,
  type NoteFiles,
  netnsNotes,
  ownMasquerades,
} from "./notes.ts";
export { namesIn, type Places, placesOf, usualCacheDirs } from "./places.ts";
export { type OnProblem, orProblem, type Problem, refuse } from "./problem.ts";
export { type Reservation, type ReservationPlaces, reservationsOf } from "./reservations.ts";
