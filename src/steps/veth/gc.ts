import { link } from "../../kernel/route/index.ts";
import type { ValidAttachment } from "../../spec/index.ts";
import { staleMarks } from "../owner/index.ts";
import type { Sides } from "../sides/index.ts";
import { deleteLink } from "./step.ts";

/** Deletes the veth pairs of attachments of the network that are not valid any more. */
export function collectVeths(
  sides: Sides,
  network: string,
  valid: readonly ValidAttachment[],
): void {
  const isStale = staleMarks(network, valid);
  for (const { index, kind, alias } of link.list(sides.host)) {
    if (kind === "veth" && alias !== undefined && isStale(alias)) deleteLink(sides, index);
  }
}
