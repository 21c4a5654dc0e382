import { type Attachment, attachmentKey } from "../spec/index.ts";
import { hexDigest } from "./digest.ts";

/** How many names are tried before giving up. */
export const NAME_ATTEMPTS = 10;

/** What the names begin with: a veth's end on the host, and a link that is yet to be named. */
type Prefix = "veth" | "tmp";

/**
 * A name for a link of the attachment. It follows from identity alone, so that DEL finds the link
 * without a search. `attempt` tells apart the names that are tried when a stranger's link has the
 * first.
 */
export function linkName(prefix: Prefix, owner: Attachment, attempt = 0): string {
  const identity = `${attachmentKey(owner)}\0${attempt}`;
  return `${prefix}${hexDigest("sha256", identity).slice(0, 8)}`;
}

/** All names that are tried, in their order. */
export function* linkNames(prefix: Prefix, owner: Attachment): Generator<string> {
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) yield linkName(prefix, owner, attempt);
}
