import type { Mac, Prefix } from "../../addr/index.ts";
import type { Env } from "../../base/index.ts";
import type { LeaseTimes } from "../../dhcp/index.ts";
import type { Attachment, JsonValue } from "../../spec/index.ts";
import { OwnerStore, readBootId, stateDirectory } from "../../state/owner/index.ts";
import type { NetnsRef } from "./protocol.ts";

/** A lease with its attachment and namespace: what leases of both families have. */
export interface LeaseRecord {
  readonly attachment: Attachment;
  readonly netns: NetnsRef;
  /** Hardware address under which the lease was granted. */
  readonly mac: Mac;
  /** When the request was sent that the grant answered: milliseconds since the boot. */
  readonly grantedAt: number;
  readonly lease: { readonly address: Prefix; readonly times: LeaseTimes };
}

/** Recorded leases of one family, as far as a plugin without a daemon has to do with them. */
export interface StoredLeases<R extends LeaseRecord> {
  readonly family: 4 | 6;
  /** Name of the records' directory. */
  readonly kind: string;
  /** Reads the content of a record's file; undefined for anything else. */
  decode(attachment: Attachment, data: JsonValue): R | undefined;
  /**
   * Releases a lease, as far as that is possible.
   * @throws NetnsGone when namespace or link are not there any more.
   */
  release(record: R): Promise<void>;
}

/** The leases of this host, one file each. */
export function leaseStore({ kind }: { readonly kind: string }, env: Env, prefix = ""): OwnerStore {
  const stateDir = `${prefix}${stateDirectory(env)}`;
  return new OwnerStore({ stateDir, kind, bootId: readBootId() });
}

/** Names a lease in a map and in the log; no name in an attachment has a slash. */
export function keyOf({ containerId, network, ifName }: Attachment): string {
  return `${containerId}/${network}/${ifName}`;
}

/** A time of a record as JSON: null is Infinity. */
export function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}

/** Reads the output of `finite`. */
export function endless(ms: number | null): number {
  return ms ?? Infinity;
}
