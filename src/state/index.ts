export { explainAddress } from "./address-refusal.ts";
export { differs, missingInContainer, STATE_DIFFERS } from "./differs.ts";
export { hexDigest } from "./digest.ts";
export {
  type Completion,
  type Garbage,
  type Kind,
  kindOf,
  type Piece,
  type Removable,
  type Rollback,
} from "./kind.ts";
export { linkNames, NAME_ATTEMPTS } from "./link-name.ts";
export { isListening } from "./listening.ts";
export { filePlugin, type StatePlugin, type Wanted } from "./operations.ts";
export { ownLink } from "./own-link.ts";
export { REFERENCE_VERSION } from "./reference.ts";
export { kept, repairPieces, unproved } from "./repair.ts";
export { runAll } from "./rollback.ts";
export type { ConfiguredScene, FileScene, Scene } from "./scene.ts";
export { sleep, untilAborted } from "./sleep.ts";
export {
  changed,
  type Finding,
  made,
  removed,
  restored,
  type Standing,
  stays,
} from "./standing.ts";
export { enableIpv6, ignoreAdvertisements, setBestEffort } from "./sysctl.ts";
export { tryAgain } from "./try-again.ts";
export { sinceBoot } from "./uptime.ts";
