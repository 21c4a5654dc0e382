import { errorText } from "../../base/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { decodeRecord, leaseStore } from "./record.ts";
import { release } from "./release.ts";

/**
 * Gives back a lease that no daemon cares for, from what the last one has written down. A server
 * that is not told gets its address back when the lease ends, so that nothing here is worth a
 * failed DEL. A daemon that lives after all sees that the record is gone, and lets go.
 */
export async function releaseWritten(ctx: Context, attachment: Attachment): Promise<void> {
  const store = leaseStore(ctx.env);
  const written = store.read(attachment);
  const record = written && decodeRecord(attachment, written.data);
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

/** The network's attachments that have a written lease. */
export function writtenAttachments(ctx: Context): Attachment[] {
  return leaseStore(ctx.env).list(ctx.network);
}
