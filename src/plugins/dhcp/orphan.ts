import { errorText } from "../../base/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { decodeRecord, leaseStore } from "./record.ts";
import { release } from "./release.ts";

/**
 * Releases a lease without a daemon, from the record that the last one has written. A lease that
 * cannot be released ends by itself later, which is no reason to fail a DEL. A daemon that lives after
 * all sees that the record is gone, and ends its renewals.
 */
export async function releaseRecorded(ctx: Context, attachment: Attachment): Promise<void> {
  const store = leaseStore(ctx.env);
  const stored = store.read(attachment);
  const record = stored && decodeRecord(attachment, stored.data);
  if (record !== undefined) {
    try {
      await release(record);
    } catch (error) {
      const reason = errorText(error);
      ctx.log(`dhcp: lease of ${record.lease.address.toString()} ends unreleased: ${reason}`);
    }
  }
  store.remove(attachment);
}

/** The network's attachments that have a recorded lease. */
export function recordedAttachments(ctx: Context): Attachment[] {
  return leaseStore(ctx.env).list(ctx.network);
}
