/** What identifies an attachment: one interface of one container in one network. */
export interface Attachment {
  /** The network's name, `name` of its configuration. */
  readonly network: string;
  /** `CNI_CONTAINERID`. */
  readonly containerId: string;
  /** `CNI_IFNAME`: the interface's name inside the container. */
  readonly ifName: string;
}

/** An attachment of a network that is still valid (section 2, GC); the request has it under the keys `containerID` and `ifname`. */
export type ValidAttachment = Pick<Attachment, "containerId" | "ifName">;

/**
 * An attachment's identity as one text, to be used as a key or for a digest. Different attachments
 * have different keys: names that have been checked contain no NUL.
 *
 * @example
 * ```ts
 * import { attachmentKey } from "hawser/spec";
 *
 * attachmentKey({ network: "dbnet", containerId: "web-1", ifName: "eth0" }); // → "dbnet\0web-1\0eth0"
 * ```
 */
export function attachmentKey({ network, containerId, ifName }: Attachment): string {
  return `${network}\0${containerId}\0${ifName}`;
}
