import { type Attachment, attachmentKey } from "../../../spec/index.ts";
import { hexDigest } from "../../../state/index.ts";

/** How the names of ifb devices begin; the reference plugin's too. */
const PREFIX = "bwp";
const HASH_LENGTH = 12;

/**
 * The names that an attachment's ifb device may have, in the order in which they are tried. The
 * first is the reference plugin's, which finds the device by it; it says nothing of the interface,
 * so that a container's second interface on one network needs the other.
 */
export function ifbNames(attachment: Attachment): readonly [string, string] {
  const { network, containerId } = attachment;
  return [nameOf(network + containerId), nameOf(attachmentKey(attachment))];
}

/** Whether a link may be an ifb device of this plugin, by its name. */
export function isIfbName(name: string): boolean {
  return /^bwp[0-9a-f]{12}$/u.test(name);
}

function nameOf(identity: string): string {
  return `${PREFIX}${hexDigest("sha512", identity).slice(0, HASH_LENGTH)}`;
}
