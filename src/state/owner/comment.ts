import type { Attachment } from "../../spec/index.ts";
import { hexDigest } from "../digest.ts";

/** The longest comment that nft shows and accepts, in bytes (NFTNL_UDATA_COMMENT_MAXLEN). */
export const MAX_COMMENT_BYTES = 128;

// Names are ASCII without "#" and blanks, so a shortened one cannot be taken for a whole one.
const HASH_MARK = "#";
// Leaves room for two blanks, a hash and the longest interface name.
const LONGEST_NETWORK = 76;

/**
 * The mark of an attachment on what was made for it: `<network> <containerId> <ifName>`. When that
 * is longer than a comment may be, the container ID (and a very long network name) is replaced by
 * a hash. Equal attachments have equal marks, different ones different marks.
 *
 * @example
 * ```ts
 * import { ownerComment } from "hawser/state";
 *
 * ownerComment({ network: "dbnet", containerId: "web-1", ifName: "eth0" }); // → "dbnet web-1 eth0"
 * ```
 */
export function ownerComment(attachment: Attachment): string {
  const { network, containerId, ifName } = attachment;
  const whole = `${network} ${containerId} ${ifName}`;
  if (Buffer.byteLength(whole) <= MAX_COMMENT_BYTES && isShort(network)) return whole;
  return `${networkMark(network)} ${HASH_MARK}${hash(containerId)} ${ifName}`;
}

/** Whether the mark is of any attachment of the network. */
export function isCommentOfNetwork(comment: string, network: string): boolean {
  return comment.startsWith(`${networkMark(network)} `);
}

/** How a network's name stands in marks: whole, or as a hash when it is very long. */
export function networkMark(network: string): string {
  return isShort(network) ? network : `${HASH_MARK}${hash(network)}`;
}

function isShort(network: string): boolean {
  return Buffer.byteLength(network) <= LONGEST_NETWORK;
}

function hash(text: string): string {
  return hexDigest("sha256", text).slice(0, 32);
}
