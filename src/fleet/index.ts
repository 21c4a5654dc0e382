/** Addresses for a fleet: which node holds which of them, decided by transactions on a store. */
export type {
  FleetConfig,
  Member,
  MemberEvent,
  MemberOptions,
  Need,
  NodeFacts,
} from "./member-port.ts";
export type { Holding, HoldingState, Picture, SubnetPicture } from "./picture.ts";
export type { Chance, Clock, NodeFiles, Reserved } from "./ports.ts";
export type {
  AliveRecord,
  BlockRecord,
  FillRecord,
  FleetRecord,
  HaltRecord,
  NodeRecord,
  Part,
  QuarantineRecord,
  StickyRecord,
  WantRecord,
} from "./records.ts";
