import { CniError, ErrorCode } from "./errors.ts";

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

/**
 * Checks an entry of a list of valid attachments: what has not the names of one would keep nothing, and
 * everything would be removed.
 * @throws CniError of code 4 that tells the place in the list
 *
 * @example
 * ```ts
 * import { checkValidAttachment } from "hawser/spec";
 *
 * checkValidAttachment({ containerId: "web-1", ifName: "eth0" }, 0);
 * checkValidAttachment({ containerID: "web-1", ifname: "eth0" }, 1); // throws CniError 4: valid attachment 1 must have the strings "containerId" and "ifName"; it has "containerID", "ifname"
 * ```
 */
export function checkValidAttachment(
  attachment: unknown,
  index: number,
): asserts attachment is ValidAttachment {
  const entry: Partial<Record<keyof ValidAttachment, unknown>> =
    typeof attachment === "object" && attachment !== null ? attachment : {};
  if (typeof entry.containerId === "string" && typeof entry.ifName === "string") return;
  const has = Object.keys(entry).map((key) => `"${key}"`);
  throw new CniError(
    ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
    `valid attachment ${index} must have the strings "containerId" and "ifName"`,
    { details: `it has ${has.length === 0 ? "no keys" : has.join(", ")}` },
  );
}
