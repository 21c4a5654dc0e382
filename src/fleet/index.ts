/** Addresses for a fleet: which node holds which of them, decided by transactions on a store. */
export { FleetKeys } from "./keys.ts";
export { createMember } from "./member.ts";
export type {
  FleetConfig,
  Member,
  MemberEvent,
  MemberOptions,
  Need,
  NodeFacts,
} from "./member-port.ts";
export type { Holding, HoldingState, Picture, Refusal, SubnetPicture } from "./picture.ts";
export type { Chance, Clock, NodeFiles, Reserved } from "./ports.ts";
export type {
  AliveRecord,
  BlockRecord,
  FillRecord,
  FleetRecord,
  GivenRecord,
  HaltRecord,
  NodeRecord,
  Part,
  QuarantineRecord,
  StickyRecord,
  WantRecord,
} from "./records.ts";
export { type Servable, type Serving, servable } from "./serving/index.ts";
