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

/** A network, and which of its attachments stay. */
export interface NetworkGc {
  readonly list: NetworkConfig;
  /** The list is complete: what it does not hold is removed. */
  readonly valid: readonly ValidAttachment[];
}

/** What went wrong and what was done, so far. */
interface State {
  readonly call: CallOptions;
  readonly errors: CniError[];
}

/**
 * GC of networks one after the other: DEL for all remembered attachments that are not valid, then GC
 * of all plugins in order (specification, section 3, garbage collection). An error does not stop it;
 * at the end all are thrown as `ManyErrors`.
 */
export async function gc(
  context: Context,
  networks: readonly NetworkGc[],
  call: CallOptions,
): Promise<GcReport[]> {
  // What every attachment's configuration says is said once.
  const said = new Set<string>();
  const onWarning = (text: string): void => {
    if (!said.has(text)) context.options.onWarning?.(text);
    said.add(text);
  };
  const quiet = { ...context, options: { ...context.options, onWarning } };
  const state: State = { call, errors: [] };
  const known = listKnown(context, state.errors);
  const reports: GcReport[] = [];
  for (const network of networks) reports.push(await gcOne(quiet, network, known, state));
  if (networks.some(({ list }) => !list.disableGC)) context.cache.tidy();
  if (state.errors.length > 0) throw new ManyErrors(state.errors);
  return reports;
}

async function gcOne(
  context: Context,
  network: NetworkGc,
  known: readonly CacheEntry[],
  state: State,
): Promise<GcReport> {
  const { list, valid } = network;
  const removed: Attachment[] = [];
  if (list.disableGC) return { removed };
  // All containers are claimed at once: a second claim, made while others wait for the first
  // one, could wait for those in turn.
  const stale = staleOf(known, network).map(({ attachment }) => attachment);
  const containerIds = [...new Set(stale.map(({ containerId }) => containerId))];
  const claim = { operation: "GC", network: list.name, containerIds } as const;
  const release = await acquire(context, claim, state.call);
  try {
    for (const attachment of stale) {
      // It may have been deleted since the list was made.
      const entry = context.cache.read(attachment);
      if (entry !== undefined && (await collect(context, list, entry, state))) {
        removed.push(attachment);
      }
    }
    if (atLeast(list.cniVersion, "1.1.0")) await gcPlugins(context, list, valid, state);
  } finally {
    release();
  }
  return { removed };
}

async function gcPlugins(
  context: Context,
  list: NetworkConfig,
  valid: readonly ValidAttachment[],
  { call, errors }: State,
): Promise<void> {
  await runChain(context, {
    list,
    call,
    request: () => ({ operation: "GC", validAttachments: valid }),
    onError: (error, { plugin: { type } }) => {
      errors.push(prefixed(`failed to GC plugin ${type}`, error));
    },
  });
}

/** Those of the entries that belong to the network and are not valid. */
export function staleOf(entries: readonly CacheEntry[], { list, valid }: NetworkGc): CacheEntry[] {
  const network = list.name;
  const keep = new Set(
    valid.map(({ containerId, ifName }) => attachmentKey({ network, containerId, ifName })),
  );
  return entries
    .filter(({ attachment }) => attachment.network === network)
    .filter(({ attachment }) => !keep.has(attachmentKey(attachment)));
}

function listKnown({ cache }: Context, errors: CniError[]): CacheEntry[] {
  try {
    return cache.list();
  } catch (error) {
    errors.push(ioError("failed to list cached attachments", error));
    return [];
  }
}

/** DEL of one attachment; false when it failed. */
async function collect(
  context: Context,
  list: NetworkConfig,
  entry: CacheEntry,
  { call, errors }: State,
): Promise<boolean> {
  const { containerId, ifName } = entry.attachment;
  const { netns, args, capabilityArgs } = entry;
  try {
    const conf = { containerId, ifName, netns, args, capabilityArgs };
    await del(context, list, conf, attachmentOf(list, conf), call);
    return true;
  } catch (error) {
    errors.push(prefixed(`failed to delete stale attachment ${containerId} ${ifName}`, error));
    return false;
  }
}
