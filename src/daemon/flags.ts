import type { Env } from "../base/index.ts";

/** The daemon's command line. */
export interface DaemonFlags {
  readonly socket?: string;
  readonly dhcp?: boolean;
  readonly dhcpSocket?: string;
  /** `address:port` for HTTP. */
  readonly metrics?: string;
  /** False: attachments whose namespace is gone are left alone. */
  readonly reconcile?: boolean;
  /** In milliseconds. */
  readonly reconcileInterval?: number;
  readonly reconcileGrace?: number;
  readonly replace?: boolean;
  /** Attachments are put right by the daemon itself. */
  readonly sync?: boolean;
  /** How often all are looked at, in milliseconds. */
  readonly syncInterval?: number;
}

/** Everything that the daemon takes from its process. */
export interface DaemonIo {
  readonly flags: DaemonFlags;
  readonly env: Env;
  /** The file of this program. */
  readonly program: string;
  /** Of this program. */
  readonly version: string;
  /** The module that runs in the daemon's threads. */
  readonly threadUrl: string;
  readonly stdout: (text: string) => void;
  /** Takes the log. */
  readonly stderr: (text: string) => void;
  /** Aborted when the daemon has to end. */
  readonly signal: AbortSignal;
}
