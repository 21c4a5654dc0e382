/** Asks a ruleset what becomes of a packet, without sending it. */
export {
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Packet,
  type PacketLink,
} from "./packet.ts";
export {
  type DecidingRule,
  type RoutingSource,
  Ruleset,
  type RulesetBounds,
  type RulesetSource,
} from "./source.ts";
export type { Translation } from "./translation.ts";
export { type Passage, Walk } from "./walk.ts";
