import { runForResult } from "../invoke/index.ts";
import {
  type Attachment,
  type CniError,
  convertResult,
  ErrorCode,
  emptyResult,
  invalidConfig,
  type NetworkConfig,
  type Result,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";
import { attachmentRequest, runChain } from "./chain.ts";
import { type Context, requireNetns } from "./context.ts";
import { effectiveConfig } from "./effective.ts";
import { AlreadyAttachedError, asCniError, CacheWriteError, ChainError } from "./error.ts";
import { networkOfAdd } from "./network-of-add.ts";
import type { CallOptions, RuntimeConf, RuntimeOptions } from "./options.ts";
import { findDelegates } from "./required.ts";
import { cachedResultForDel, normalise } from "./result.ts";

/** ADD of all plugins in order (specification, section 3, adding an attachment). */
export async function add(
  context: Context,
  list: NetworkConfig,
  conf: RuntimeConf,
  attachment: Attachment,
  call: CallOptions,
): Promise<Result> {
  const { options, cache } = context;
  requireNetns("ADD", conf.netns);
  // A text without the key is read, since drop-ins may bring plugins; without any, nothing would be attached.
  if (list.plugins.length === 0) {
    throw invalidConfig(`network ${JSON.stringify(list.name)} has no plugins`);
  }
  const before = knownBefore(context, attachment);
  const paths = await findAll(context, list);
  if (before !== undefined) await clearRemains(context, list, attachment, before);
  const entry = newEntry(context, list, conf, attachment);
  const place = options.journal === false ? undefined : write(context, entry);
  const undo = (result: Result | undefined, failed?: Failed): Promise<CniError[]> =>
    takeBack(context, list, conf, attachment, { result, failed });

  let result: Result | undefined;
  await runChain(context, {
    list,
    conf,
    call,
    paths,
    request: () => attachmentRequest("ADD", conf, result),
    run: async (request, { plugin }) => {
      const given = await runForResult(context.executor, request, list.cniVersion);
      result = normalise(list, plugin.type, given, options.onWarning);
    },
    onError: async (error, { plugin, position }) => {
      throw new ChainError("ADD", plugin, position, error, await undo(result, { position, error }));
    },
  });
  const final = result ?? emptyResult(list.cniVersion);
  try {
    const whole = { ...entry, result: convertResult(final, list.cniVersion) };
    if (place === undefined) cache.write(whole);
    else cache.rewrite(whole, place);
  } catch (thrown) {
    const error = asCniError(thrown, ErrorCode.IO_FAILURE);
    throw new CacheWriteError(list.name, error, await undo(final));
  }
  return final;
}

/**
 * Looks for all executables first, those of delegates too: a missing one is an error before anything
 * is done.
 */
async function findAll({ executor, options }: Context, list: NetworkConfig): Promise<string[]> {
  const paths: string[] = [];
  for (const [position, plugin] of list.plugins.entries()) {
    try {
      paths.push(await executor.find(plugin.type, options.pluginDirs));
      await findDelegates(executor, plugin, options.pluginDirs);
    } catch (thrown) {
      throw new ChainError("ADD", plugin, position, asCniError(thrown, ErrorCode.INTERNAL));
    }
  }
  return paths;
}

/**
 * What is remembered of the attachment and does not stand in the way: it is of an earlier boot, or its
 * ADD never finished.
 * @throws AlreadyAttachedError when the container is attached
 */
function knownBefore(
  { options, cache, bootId }: Context,
  attachment: Attachment,
): CacheEntry | undefined {
  if (options.refuseDuplicate === false) return undefined;
  const known = cache.read(attachment);
  if (known?.result === undefined || isOfEarlierBoot(known, bootId)) return known;
  const { network, containerId, ifName } = attachment;
  throw new AlreadyAttachedError(network, containerId, ifName);
}

function isOfEarlierBoot(entry: CacheEntry, bootId: string): boolean {
  return entry.bootId !== undefined && bootId !== "" && entry.bootId !== bootId;
}

/**
 * Takes away what outlives a boot or a killed ADD, such as a reserved address: the plugins would
 * refuse to make it twice. What cannot be taken away is left to the ADD, which then tells.
 */
async function clearRemains(
  context: Context,
  present: NetworkConfig,
  { containerId, ifName }: Attachment,
  entry: CacheEntry,
): Promise<void> {
  const { options, bootId } = context;
  const { args, capabilityArgs } = entry;
  const list = networkOfAdd(present, entry, undefined);
  // A namespace does not outlive its boot, and its path may lead to another one by now.
  const netns = isOfEarlierBoot(entry, bootId) ? "" : entry.netns;
  const conf = { containerId, ifName, netns, args, capabilityArgs };
  const result = cachedResultForDel(list, entry, undefined);
  await runChain(context, {
    list,
    conf,
    call: { timeoutMs: cleanupTimeout(options) },
    cleanup: true,
    request: () => attachmentRequest("DEL", conf, result),
    onError: (error) =>
      options.onWarning?.(`what an earlier ADD has left cannot be removed: ${error.message}`),
  });
}

function cleanupTimeout({ cleanupTimeoutMs, timeoutMs }: RuntimeOptions): number {
  return cleanupTimeoutMs ?? timeoutMs ?? 30_000;
}

function newEntry(
  { bootId }: Context,
  list: NetworkConfig,
  conf: RuntimeConf,
  attachment: Attachment,
): CacheEntry {
  return {
    attachment,
    netns: conf.netns,
    args: (conf.args ?? []).map(([key, value]) => [key, value]),
    capabilityArgs: conf.capabilityArgs ?? {},
    config: effectiveConfig(list),
    ...(bootId === "" ? {} : { bootId }),
    createdAt: new Date().toISOString(),
  };
}

function write({ cache }: Context, entry: CacheEntry): string {
  try {
    return cache.write(entry);
  } catch (thrown) {
    const { network } = entry.attachment;
    throw new CacheWriteError(network, asCniError(thrown, ErrorCode.IO_FAILURE));
  }
}

/** How far an ADD came. */
interface Progress {
  readonly result: Result | undefined;
  /** Absent when no plugin failed. */
  readonly failed?: Failed | undefined;
}

/** The plugin that failed, and how. */
interface Failed {
  readonly position: number;
  readonly error: CniError;
}

/**
 * Takes a failed ADD back: DEL of all plugins in reverse, also of those that never ran, each with
 * its own deadline and none with the caller's signal, which may be what ended the ADD. Gives what
 * failed; then the journal's entry stays, so that a later DEL or GC knows of the attachment.
 */
async function takeBack(
  context: Context,
  list: NetworkConfig,
  conf: RuntimeConf,
  attachment: Attachment,
  { result, failed }: Progress,
): Promise<CniError[]> {
  const { options, cache } = context;
  if (options.cleanup === false) return [];
  const errors: CniError[] = [];
  await runChain(context, {
    list: failed === undefined ? list : whatRan(list, failed),
    conf,
    call: { timeoutMs: cleanupTimeout(options) },
    cleanup: true,
    request: () => attachmentRequest("DEL", conf, result),
    onError: (error, { plugin, position }) => {
      // A plugin that does not even speak the version has not done anything.
      const isVersion = error.code === ErrorCode.INCOMPATIBLE_CNI_VERSION;
      if (isVersion && failed !== undefined && position >= failed.position) return;
      errors.push(new ChainError("DEL", plugin, position, error));
    },
  });
  if (errors.length === 0) {
    try {
      cache.remove(attachment);
    } catch (thrown) {
      errors.push(asCniError(thrown, ErrorCode.IO_FAILURE));
    }
  }
  for (const error of errors) options.onWarning?.(`after a failed ADD: ${error.message}`);
  return errors;
}

/**
 * The plugins of which something may be left. One that has refused the call's parameters (code 4), or
 * its namespace (8), has made nothing: mostly there is another attachment under that container and
 * interface, which a DEL would take away.
 */
function whatRan(list: NetworkConfig, { position, error }: Failed): NetworkConfig {
  const refusals: readonly number[] = [
    ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
    ErrorCode.INVALID_NETNS,
  ];
  if (!refusals.includes(error.code)) return list;
  return { ...list, plugins: list.plugins.slice(0, position) };
}
