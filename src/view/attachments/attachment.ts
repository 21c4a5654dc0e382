import type { NetnsIdentity } from "../../kernel/netns/index.ts";
import type { CachedAttachment } from "../../runtime/index.ts";
import type { Attachment } from "../../spec/index.ts";
import type { Pod } from "../pod.ts";
import type { HostLink, NetnsState, Reservation } from "../sources/index.ts";

/**
 * What knows of an attachment: a runtime's cache, the daemon's journal, a plugin's note of the
 * namespace, a reservation of an address, the mark on a link of the host.
 */
export type Source = "cache" | "journal" | "record" | "reservation" | "link";

/**
 * How an attachment is, all in all. Drift: the kernel or a file differs from what the ADD promised.
 * Orphan: its namespace is gone, and no DEL has come. Leak: something is held for an attachment that
 * is not there. Unfinished: its ADD is under way, or was cut short. Unclear: it would be a leak, but a
 * source that could not be read may know of it.
 */
export type AttachmentState = "ok" | "drift" | "orphan" | "leak" | "unfinished" | "unclear";

/** The names of what may be found. */
export type FindingName =
  | "earlier-boot"
  | "netns-gone"
  | "netns-replaced"
  | "unfinished"
  | "no-attachment"
  | "unclear"
  | "no-reservation"
  | "reservation-of-another"
  | "link-missing"
  | "link-down"
  | "link-off-bridge"
  | "address-twice"
  | "interface-missing"
  | "interface-down"
  | "address-missing"
  | "mac-differs"
  | "route-missing";

/** A disagreement between the sources. */
export interface Finding {
  readonly name: FindingName;
  readonly state: Exclude<AttachmentState, "ok">;
  /** A sentence without its full stop. */
  readonly text: string;
  /** What mends it: a command, or what to do. */
  readonly remedy: string;
}

/** A port of the host that leads to the container, as the runtime asked for it. */
export interface MappedPort {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
  /** Absent for all addresses of the host. */
  readonly hostIP?: string;
}

/** An attachment of this node as its sources together have it. */
export interface NodeAttachment extends Attachment {
  /** All that know of it. */
  readonly sources: readonly Source[];
  readonly state: AttachmentState;
  readonly findings: readonly Finding[];
  /** Path of the namespace when it was attached; empty where it is not noted. */
  readonly netns: string;
  readonly netnsState: NetnsState;
  /** What proves the namespace, where a plugin has noted it; read when it is first asked for. */
  readonly identity?: NetnsIdentity | undefined;
  /** False for an ADD that is under way, or was cut short. */
  readonly finished: boolean;
  /** Whether the machine has booted since. */
  readonly earlierBoot: boolean;
  readonly pod?: Pod | undefined;
  /** In CIDR notation where the length of the prefix is known. */
  readonly addresses: readonly string[];
  /** Of the interface in the container, as the result has it. */
  readonly mac?: string | undefined;
  /** The host's end, or what the result lists of the host's. */
  readonly hostLink?: AttachedLink | undefined;
  readonly ports: readonly MappedPort[];
  /** When it was attached, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** The file in which its network is configured now. */
  readonly networkFile?: string | undefined;
  /** The cache directory that remembers it, and the file there. */
  readonly cacheDir?: string | undefined;
  readonly cacheFile?: string | undefined;
  /** What its runtime remembers. */
  readonly cached?: CachedAttachment | undefined;
  readonly reservations: readonly Reservation[];
}

/** A link of the host that belongs to an attachment, and how it is; its name alone when it is not there. */
export interface AttachedLink extends Partial<HostLink> {
  readonly name: string;
}
