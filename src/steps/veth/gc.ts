import { link } from "../../kernel/route/index.ts";
import type { ValidAttachment } from "../../spec/index.ts";
import { staleMarks } from "../owner/index.ts";
import type { Sides } from "../sides/index.ts";

/** Deletes the veth pairs of attachments of the network that are not valid any more. */
export async function collectVeths(
  sides: Sides,
  network: string,
  valid: readonly ValidAttachment[],
): Promise<void> {
  const isStale = staleMarks(network, valid);
  const stale = link
    .list(sides.host, { kind: "veth" })
    .filter(({ alias }) => alias !== undefined && isStale(alias));
  await sides.deleteLinks(stale.map(({ index }) => index));
}
