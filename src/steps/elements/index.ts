export {
  AttachmentElements,
  type CheckWords,
  type CollectedElements,
  collectElements,
} from "./attachment.ts";
export type { FoundElement, LaidSet, Layout, WantedElement } from "./layout.ts";
export { OwnedElements } from "./owned.ts";
export { subnetSetName } from "./subnet.ts";
