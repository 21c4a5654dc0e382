import type { ValidAttachment } from "../../spec/index.ts";
import { isCommentOfNetwork, ownerComment } from "./comment.ts";

/** Tells the marks of a network's attachments that are not in the list of valid ones. */
export function staleMarks(
  network: string,
  valid: readonly ValidAttachment[],
): (mark: string) => boolean {
  const keep = new Set(
    valid.map(({ containerId, ifName }) => ownerComment({ network, containerId, ifName })),
  );
  return (mark) => isCommentOfNetwork(mark, network) && !keep.has(mark);
}
