import type { Mac } from "../../../addr/index.ts";

/** What a tap should be. */
export interface WantedTap {
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  /** A random one when absent. */
  readonly mac: Mac | undefined;
  readonly multiQueue: boolean;
  /** User that may attach to it without privilege. */
  readonly uid: number | undefined;
  /** Group whose members may attach to it without privilege. */
  readonly gid: number | undefined;
  /** Name of a bridge in the container that it becomes a port of; "" for none. */
  readonly bridge: string;
  /** SELinux context of the process that makes it; "" for our own. */
  readonly selinuxContext: string;
}
