import {
  type Attachment,
  atLeast,
  attachmentKey,
  type CniError,
  type NetworkConfig,
  type ValidAttachment,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";
import { runChain } from "./chain.ts";
import { acquire, attachmentOf, type Context } from "./context.ts";
import { del, ioError } from "./del.ts";
import { ManyErrors, prefixed } from "./error.ts";
import type { CallOptions } from "./options.ts";

/** What a GC did (specification, section 2, GC). */
export interface GcReport {
  /** The attachments that were known, not valid, and are removed now. */
  readonly removed: readonly Attachment[];
}

/**
 * GC: DEL for all remembered attachments of the network that are not valid, then GC of all
 * plugins in order (specification, section 3, garbage collection). An error does not stop it; at
 * the end all are thrown as `ManyErrors`.
 */
export async function gc(
  context: Context,
  list: NetworkConfig,
  valid: readonly ValidAttachment[],
  call: CallOptions,
): Promise<GcReport> {
  const errors: CniError[] = [];
  const removed: Attachment[] = [];
  // All containers are claimed at once: a second claim, made while others wait for the first
  // one, could wait for those in turn.
  const claimed = new Set(listStale(context, list, valid, errors).map(containerOf));
  const claim = { operation: "GC", network: list.name, containerIds: [...claimed] } as const;
  const release = await acquire(context, claim, call);
  try {
    // What was attached since the caller made its list is not stale by that list.
    const stale = listStale(context, list, valid, []).filter((e) => claimed.has(containerOf(e)));
    for (const entry of stale) await collect(context, list, entry, { call, errors, removed });
    if (atLeast(list.cniVersion, "1.1.0")) {
      await runChain(context, {
        list,
        call,
        request: () => ({ operation: "GC", validAttachments: valid }),
        onError: (error, { plugin: { type } }) => {
          errors.push(prefixed(`failed to GC plugin ${type}`, error));
        },
      });
    }
    context.cache.tidy();
  } finally {
    release();
  }
  if (errors.length > 0) throw new ManyErrors(errors);
  return { removed };
}

/** The remembered attachments of a network that a list of valid ones does not hold. */
export function staleEntries(
  context: Context,
  list: NetworkConfig,
  valid: readonly ValidAttachment[],
): CacheEntry[] {
  const network = list.name;
  const keep = new Set(
    valid.map(({ containerID, ifname }) =>
      attachmentKey({ network, containerId: containerID, ifName: ifname }),
    ),
  );
  return context.cache
    .list()
    .filter(({ attachment }) => attachment.network === network)
    .filter(({ attachment }) => !keep.has(attachmentKey(attachment)));
}

function listStale(
  context: Context,
  list: NetworkConfig,
  valid: readonly ValidAttachment[],
  errors: CniError[],
): CacheEntry[] {
  try {
    return staleEntries(context, list, valid);
  } catch (error) {
    errors.push(ioError("failed to list cached attachments", error));
    return [];
  }
}

function containerOf({ attachment }: CacheEntry): string {
  return attachment.containerId;
}

async function collect(
  context: Context,
  list: NetworkConfig,
  entry: CacheEntry,
  state: { call: CallOptions; errors: CniError[]; removed: Attachment[] },
): Promise<void> {
  const { containerId, ifName } = entry.attachment;
  const { netns, args, capabilityArgs } = entry;
  try {
    const conf = { containerId, ifName, netns, args, capabilityArgs };
    await del(context, list, conf, attachmentOf(list, conf), state.call);
    state.removed.push(entry.attachment);
  } catch (error) {
    state.errors.push(
      prefixed(`failed to delete stale attachment ${containerId} ${ifName}`, error),
    );
  }
}
