import type { Namespaces } from "../../../state/namespaces/index.ts";
import { removeBucket } from "./bucket-step.ts";
import { isIfbName } from "./name.ts";
import { removeRedirection } from "./redirect-step.ts";

/**
 * Removes the limits of attachments that are not valid any more: ifb devices with their marks, and
 * what is left on host's ends with their marks. A device of the reference plugin has no mark, and
 * its name does not tell whose it is: it stays.
 */
export async function collectBandwidth(
  namespaces: Namespaces,
  isStale: (mark: string) => boolean,
): Promise<void> {
  const stale = namespaces.hostLinks
    .list()
    .filter(({ alias }) => alias !== undefined && isStale(alias));
  const devices = stale.filter(({ kind, name }) => kind === "ifb" && isIfbName(name));
  const targets = new Set([0, ...devices.map(({ index }) => index)]);
  for (const host of stale.filter(({ kind }) => kind === "veth")) {
    removeRedirection(namespaces, host, ({ index }) => targets.has(index));
    removeBucket(namespaces, host);
  }
  await namespaces.deleteLinks(devices.map(({ index }) => index));
}
