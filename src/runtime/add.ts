import { runForResult } from "../invoke/index.ts";
import {
  type Attachment,
  type CniError,
  convertResult,
  ErrorCode,
  emptyResult,
  type NetworkConfig,
  type Result,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";
import { attachmentRequest, runChain } from "./chain.ts";
import { type Context, requireNetns, throwIfAborted } from "./context.ts";
import { effectiveConfig } from "./effective.ts";
import { AlreadyAttachedError, asCniError, CacheWriteError, ChainError } from "./error.ts";
import type { CallOptions, RuntimeConf } from "./options.ts";
import { normalise } from "./result.ts";

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
  throwIfAborted("ADD", call.signal);
  refuseDuplicate(context, attachment);
  const paths = await findAll(context, list);
  const entry = newEntry(context, list, conf, attachment);
  const place = options.journal === false ? undefined : write(context, entry);
  const undo = (result: Result | undefined, failed?: number): Promise<CniError[]> =>
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
      throw new ChainError("ADD", plugin, position, error, await undo(result, position));
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

/** Looks for all executables first: a missing one is an error before anything is done. */
async function findAll({ executor, options }: Context, list: NetworkConfig): Promise<string[]> {
  const paths: string[] = [];
  for (const [position, plugin] of list.plugins.entries()) {
    try {
      paths.push(await executor.find(plugin.type, options.pluginDirs));
    } catch (thrown) {
      throw new ChainError("ADD", plugin, position, asCniError(thrown, ErrorCode.INTERNAL));
    }
  }
  return paths;
}

/** What was attached in an earlier boot is gone, and so is what was never finished. */
function refuseDuplicate({ options, cache, bootId }: Context, attachment: Attachment): void {
  if (options.refuseDuplicate === false) return;
  const known = cache.read(attachment);
  if (known?.result === undefined) return;
  if (known.bootId !== undefined && bootId !== "" && known.bootId !== bootId) return;
  const { network, containerId, ifName } = attachment;
  throw new AlreadyAttachedError(network, containerId, ifName);
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
  /** Place of the plugin that failed; absent when none did. */
  readonly failed?: number | undefined;
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
  { result, failed = list.plugins.length }: Progress,
): Promise<CniError[]> {
  const { options, cache } = context;
  if (options.cleanup === false) return [];
  const timeoutMs = options.cleanupTimeoutMs ?? options.timeoutMs ?? 30_000;
  const errors: CniError[] = [];
  await runChain(context, {
    list,
    conf,
    call: { timeoutMs },
    cleanup: true,
    request: () => attachmentRequest("DEL", conf, result),
    onError: (error, { plugin, position }) => {
      // A plugin that does not even speak the version has not done anything.
      if (position >= failed && error.code === ErrorCode.INCOMPATIBLE_CNI_VERSION) return;
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
