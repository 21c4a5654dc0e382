import { errorText } from "../base/index.ts";
import {
  type Attachment,
  CniError,
  ErrorCode,
  type NetworkConfig,
  type Result,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";
import { attachmentRequest, runChain } from "./chain.ts";
import type { Context } from "./context.ts";
import { ChainError, ManyErrors } from "./error.ts";
import { networkOfAdd } from "./network-of-add.ts";
import type { CallOptions, RuntimeConf } from "./options.ts";
import { cachedResultForDel } from "./result.ts";

/**
 * DEL of all plugins in reverse (specification, section 3, deleting an attachment), by the
 * configuration of the ADD.
 */
export async function del(
  context: Context,
  given: NetworkConfig,
  conf: RuntimeConf,
  attachment: Attachment,
  call: CallOptions,
): Promise<void> {
  const { options, cache } = context;
  const entry = readEntry(context, attachment);
  const list = listOf(context, given, entry);
  const result = cachedResultForDel(list, entry, options.onWarning);
  await delAll(context, list, withCached(conf, entry), result, call);
  try {
    cache.remove(attachment, entry);
    cache.tidy();
  } catch (error) {
    options.onWarning?.(`the cache entry could not be removed: ${errorText(error)}`);
  }
}

/** The configuration of the ADD; libcni goes by the present one. */
export function listOf(
  { options }: Context,
  given: NetworkConfig,
  entry: CacheEntry | undefined,
): NetworkConfig {
  return options.libcni === true ? given : networkOfAdd(given, entry, options.onWarning);
}

/**
 * DEL of each plugin. One that is not installed any more does not keep the others from undoing what
 * is theirs; it is an error all the same, since what it made is left.
 * @throws ChainError for the first failure; where the runtime goes on, for all of them at the end
 */
async function delAll(
  context: Context,
  list: NetworkConfig,
  conf: RuntimeConf,
  result: Result | undefined,
  call: CallOptions,
): Promise<void> {
  const errors: ChainError[] = [];
  await runChain(context, {
    list,
    conf,
    call,
    request: () => attachmentRequest("DEL", conf, result),
    onError: (error, { plugin, position }) => {
      const failed = new ChainError("DEL", plugin, position, error);
      errors.push(failed);
      const isMissing = error.code === ErrorCode.PLUGIN_NOT_AVAILABLE;
      if (isMissing || context.options.continueOnError === true) return;
      throw errors.length === 1 ? failed : new ManyErrors(errors);
    },
  });
  const [first] = errors;
  if (first !== undefined) throw errors.length === 1 ? first : new ManyErrors(errors);
}

/** A cache that cannot be read never keeps a DEL from running. */
function readEntry({ cache, options }: Context, attachment: Attachment): CacheEntry | undefined {
  try {
    return cache.read(attachment);
  } catch (error) {
    options.onWarning?.(`the cache cannot be read: ${errorText(error)}`);
    return undefined;
  }
}

/** The parameters of an operation; what the caller did not say is as in the ADD. */
export function withCached(conf: RuntimeConf, entry: CacheEntry | undefined): RuntimeConf {
  if (entry === undefined) return conf;
  const { args, capabilityArgs } = entry;
  return {
    ...conf,
    args: conf.args ?? args,
    capabilityArgs: conf.capabilityArgs ?? capabilityArgs,
  };
}

/** Any thrown value as an error of code 5. */
export function ioError(prefix: string, thrown: unknown): CniError {
  return new CniError(ErrorCode.IO_FAILURE, `${prefix}: ${errorText(thrown)}`, { cause: thrown });
}
