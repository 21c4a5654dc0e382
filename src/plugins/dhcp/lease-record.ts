import * as v from "valibot";
import { Mac, type Prefix } from "../../addr/index.ts";
import { defined, type Env } from "../../base/index.ts";
import type { LeaseTimes } from "../../dhcp/index.ts";
import type { Attachment, JsonObject, JsonValue } from "../../spec/index.ts";
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
export function leaseStore(
  { kind }: { readonly kind: string },
  { env, looksOnly = false }: { readonly env: Env; readonly looksOnly?: boolean },
  prefix = "",
): OwnerStore {
  const stateDir = `${prefix}${stateDirectory(env)}`;
  return new OwnerStore({ stateDir, kind, bootId: readBootId(), looksOnly });
}

/** Names a lease in a map and in the log; no name in an attachment has a slash. */
export function keyOf({ containerId, network, ifName }: Attachment): string {
  return `${containerId}/${network}/${ifName}`;
}

const text = v.string();
/** null is Infinity. */
const time = v.nullable(v.number());

const shared = v.object({
  netns: v.object({ path: text, dev: text, ino: text, cookie: v.optional(text) }),
  times: v.object({ renewMs: time, rebindMs: time, expiryMs: time }),
  mac: text,
  grantedAt: v.number(),
});

/** What records of both families have, beside the attachment and the rest of the lease. */
export type SharedParts = Pick<LeaseRecord, "netns" | "mac" | "grantedAt"> &
  Pick<LeaseRecord["lease"], "times">;

/** These parts as JSON. */
export function encodeShared({ netns, mac, grantedAt, lease }: LeaseRecord): JsonObject {
  const { path, dev, ino, cookie } = netns;
  const { renewMs, rebindMs, expiryMs } = lease.times;
  return {
    netns: { path, dev, ino, ...defined({ cookie }) },
    times: { renewMs: finite(renewMs), rebindMs: finite(rebindMs), expiryMs: finite(expiryMs) },
    mac: mac.toString(),
    grantedAt,
  };
}

/**
 * Reads the output of `encodeShared`; undefined for anything else.
 * @throws RangeError for a MAC that is none
 */
export function decodeShared(data: unknown): SharedParts | undefined {
  const parsed = v.safeParse(shared, data);
  if (!parsed.success) return undefined;
  const { netns, times, mac, grantedAt } = parsed.output;
  const { renewMs, rebindMs, expiryMs } = times;
  return {
    netns,
    mac: Mac.parse(mac),
    grantedAt,
    times: {
      renewMs: renewMs ?? Infinity,
      rebindMs: rebindMs ?? Infinity,
      expiryMs: expiryMs ?? Infinity,
    },
  };
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}
