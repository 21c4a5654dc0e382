import type { ValidAttachment } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { staleMarks } from "../owner/index.ts";

/** Deletes the veth pairs of attachments of the network that are not valid any more. */
export async function collectVeths(
  namespaces: Namespaces,
  network: string,
  valid: readonly ValidAttachment[],
): Promise<void> {
  const isStale = staleMarks(network, valid);
  const stale = namespaces.hostLinks
    .list({ kind: "veth" })
    .filter(({ alias }) => alias !== undefined && isStale(alias));
  await namespaces.deleteLinks(stale.map(({ index }) => index));
}
