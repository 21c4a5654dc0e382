import type { Context } from "../../plugin/index.ts";
import type { Attachment } from "../../spec/index.ts";

/** Whose state a call is about. */
export function attachmentOf(ctx: Context): Attachment {
  const { network, containerId, ifName } = ctx;
  return { network, containerId, ifName };
}
