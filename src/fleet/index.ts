/** Addresses for a fleet: which node holds which of them, decided by transactions on a store. */
export { termsOf } from "./agreement.ts";
export { Refused } from "./core.ts";
export { isInDoubt } from "./doubt.ts";
export { type FollowOptions, followFleet } from "./follow.ts";
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
export {
  forgetNode,
  initFleet,
  NotDone,
  notAsserted,
  releaseName,
  releasePrefix,
  resumeFleet,
} from "./operate.ts";
export { type OtherFleet, otherFleets } from "./others.ts";
export type { Owner, Share } from "./parts.ts";
export type {
  Disagreement,
  Holding,
  HoldingState,
  Picture,
  Refusal,
  SubnetPicture,
} from "./picture.ts";
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
export { type FleetState, readFleet } from "./state.ts";
export { type FleetPeer, FleetView, type SeenBlock } from "./view.ts";
