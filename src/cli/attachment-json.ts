import type { JsonObject } from "../spec/index.ts";
import type { KnownAttachment } from "../view/index.ts";

/** An attachment in an answer for programs. */
export function attachmentJson(one: Omit<KnownAttachment, "isCached">): JsonObject {
  const { containerId, ifName, netns, finished, earlierBoot } = one;
  return { containerId, ifName, netns, finished, earlierBoot };
}
