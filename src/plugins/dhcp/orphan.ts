import { errorText } from "../../base/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { storedIpv4 } from "./ipv4/stored.ts";
import { storedIpv6 } from "./ipv6/stored.ts";
import { type LeaseRecord, leaseStore, type StoredLeases } from "./lease-record.ts";

/**
 * Releases an attachment's leases without a daemon, from the records that the last one has written. A
 * lease that cannot be released ends by itself later, which is no reason to fail a DEL. A daemon that
 * lives after all sees that the record is gone, and ends its renewals.
 */
export async function releaseRecorded(ctx: Context, attachment: Attachment): Promise<void> {
  await releaseOf(storedIpv4, ctx, attachment);
  await releaseOf(storedIpv6, ctx, attachment);
}

/** The network's attachments that have a recorded lease. */
export function recordedAttachments(ctx: Context): Attachment[] {
  return [storedIpv4, storedIpv6].flatMap((leases) => leaseStore(leases, ctx).list(ctx.network));
}

async function releaseOf<R extends LeaseRecord>(
  leases: StoredLeases<R>,
  ctx: Context,
  attachment: Attachment,
): Promise<void> {
  const store = leaseStore(leases, ctx);
  const stored = store.read(attachment);
  const record = stored && leases.decode(attachment, stored.data);
  if (record !== undefined) {
    try {
      await leases.release(record);
    } catch (error) {
      const reason = errorText(error);
      ctx.log(`dhcp: lease of ${record.lease.address.toString()} ends unreleased: ${reason}`);
    }
  }
  store.remove(attachment);
}
