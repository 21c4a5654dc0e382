/** The node's network as a graph: what hangs on what, the way of a packet, where to draw it. */
export type { MapForm, PathForm } from "../forms/index.ts";
export {
  type HostFacts,
  type MapFacts,
  mapOf,
  narrowed,
  type StandingFact,
} from "./graph/index.ts";
export { parseAsked, pathOf } from "./path/index.ts";
