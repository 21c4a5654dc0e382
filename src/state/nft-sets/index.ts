export {
  AttachmentElements,
  type CheckWords,
  type CollectedElements,
  collectElements,
  foundElements,
  staleElements,
} from "./attachment.ts";
export { type ClaimSettings, Claims, type Conflict, netnsOfCall } from "./claims.ts";
export { nftables } from "./connection.ts";
export { elementText } from "./element-text.ts";
export {
  bySet,
  type ElementKey,
  type FoundElement,
  isAmong,
  type LaidSet,
  type Layout,
  type WantedElement,
} from "./layout.ts";
export { OwnedElements } from "./owned.ts";
export { restoreElements } from "./restore.ts";
export { requireNftables } from "./status.ts";
export { subnetSetName } from "./subnet.ts";
export { type WaitingClaim, WaitingClaims } from "./waiting.ts";
