import { errorText } from "../base/index.ts";
import { runPlugin } from "../invoke/index.ts";
import {
  type Attachment,
  CniError,
  ErrorCode,
  type NetworkConfig,
  type Result,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";
import { type Context, runPart } from "./context.ts";
import { asCniError, ChainError, ManyErrors } from "./error.ts";
import type { CallOptions, RuntimeConf } from "./options.ts";
import { cachedResultForDel, previous } from "./result.ts";

/** DEL of all plugins in reverse (specification, section 3, deleting an attachment). */
export async function del(
  context: Context,
  list: NetworkConfig,
  conf: RuntimeConf,
  attachment: Attachment,
  call: CallOptions,
): Promise<void> {
  const { options, cache } = context;
  const entry = readEntry(context, attachment);
  const result = cachedResultForDel(list, entry, options.onWarning);
  const errors = await delAll(context, list, withCached(conf, entry), result, call);
  const [first] = errors;
  if (first !== undefined) {
    throw errors.length === 1 ? first : new ManyErrors(errors);
  }
  try {
    cache.remove(attachment, entry);
    cache.tidy();
  } catch (error) {
    options.onWarning?.(`the cache entry could not be removed: ${errorText(error)}`);
  }
}

/** The first error stops, unless the runtime is to go on: then all errors are given. */
async function delAll(
  context: Context,
  list: NetworkConfig,
  conf: RuntimeConf,
  result: Result | undefined,
  call: CallOptions,
): Promise<ChainError[]> {
  const errors: ChainError[] = [];
  for (const [position, plugin] of [...list.plugins.entries()].reverse()) {
    const part = {
      list,
      plugin,
      position,
      conf,
      call,
      request: {
        operation: "DEL",
        capabilityArgs: conf.capabilityArgs ?? {},
        ...previous(result),
      },
    } as const;
    try {
      await runPart(context, part, (request) => runPlugin(context.executor, request));
    } catch (thrown) {
      const error = asCniError(thrown, ErrorCode.INTERNAL);
      errors.push(new ChainError("DEL", plugin, position, error));
      if (context.options.continueOnError !== true) {
        break;
      }
    }
  }
  return errors;
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
  if (entry === undefined) {
    return conf;
  }
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
