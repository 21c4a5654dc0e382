import type { Attachment } from "../../spec/index.ts";
import { hexDigest } from "../digest.ts";

/**
 * The name of the host's end of an attachment's veth pair. It follows from identity alone, so that
 * DEL finds the link without a search. `attempt` tells apart the names that are tried when a
 * stranger's link already has the first.
 */
export function hostVethName(owner: Attachment, attempt = 0): string {
  const identity = `${owner.network}\0${owner.containerId}\0${owner.ifName}\0${attempt}`;
  return `veth${hexDigest("sha256", identity).slice(0, 8)}`;
}

/** How many names are tried before giving up. */
export const NAME_ATTEMPTS = 10;
