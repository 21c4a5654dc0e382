import type { Attachment } from "../../spec/index.ts";
import { hexDigest } from "../digest.ts";

/** How many names are tried before giving up. */
export const NAME_ATTEMPTS = 10;

/**
 * The name under which an attachment's link is born. Kernels look for a new link's name in the
 * namespace of who asks too, where CNI_IFNAME is often taken. It follows from identity alone, so
 * that the link of an ADD that was killed is found again. `attempt` tells apart the names that are
 * tried when a stranger's link has the first.
 */
export function temporaryName(owner: Attachment, attempt = 0): string {
  const identity = `${owner.network}\0${owner.containerId}\0${owner.ifName}\0${attempt}`;
  return `tmp${hexDigest("sha256", identity).slice(0, 8)}`;
}

/** All of them. */
export function temporaryNames(owner: Attachment): string[] {
  return Array.from({ length: NAME_ATTEMPTS }, (_, attempt) => temporaryName(owner, attempt));
}
