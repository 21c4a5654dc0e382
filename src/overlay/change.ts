import type { NetlinkRequest } from "../kernel/netlink/index.ts";

/** One message to the kernel, with words for its error. */
export interface Change {
  readonly request: NetlinkRequest;
  readonly operation: string;
}
