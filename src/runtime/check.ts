import {
  type Attachment,
  atLeast,
  CniError,
  ErrorCode,
  type NetworkConfig,
  type Result,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";
import { attachmentRequest, runChain } from "./chain.ts";
import { type Context, requireNetns } from "./context.ts";
import { listOf, withCached } from "./del.ts";
import { CheckNotSupportedError, prefixed } from "./error.ts";
import type { CallOptions, RuntimeConf } from "./options.ts";
import { cachedResultOf } from "./result.ts";

/** Whether CHECK does anything for this network; throws when its version is too old for it. */
export function checkApplies(list: NetworkConfig): boolean {
  if (list.disableCheck) return false;
  if (!atLeast(list.cniVersion, "0.4.0")) throw new CheckNotSupportedError(list.cniVersion);
  return true;
}

/**
 * CHECK of all plugins in order (specification, section 3, checking an attachment), by the
 * configuration of the ADD.
 */
export async function check(
  context: Context,
  present: NetworkConfig,
  given: RuntimeConf,
  attachment: Attachment,
  call: CallOptions,
): Promise<void> {
  const entry = context.cache.read(attachment);
  const list = listOf(context, present, entry);
  if (!checkApplies(list)) return;
  const result = resultOf(list, entry);
  const netns = given.netns === "" ? (entry?.netns ?? "") : given.netns;
  requireNetns("CHECK", netns);
  const conf = withCached({ ...given, netns }, entry);
  await runChain(context, {
    list,
    conf,
    call,
    request: () => attachmentRequest("CHECK", conf, result),
  });
}

/** CHECK must carry the result of the ADD: without one there is nothing to check against. */
function resultOf(list: NetworkConfig, entry: CacheEntry | undefined): Result {
  const prefix = `failed to get network ${JSON.stringify(list.name)} cached result`;
  let result: Result | undefined;
  try {
    result = cachedResultOf(list, entry);
  } catch (error) {
    throw prefixed(prefix, error);
  }
  if (result !== undefined) return result;
  const why = entry === undefined ? "there is none" : "the ADD was never finished";
  throw new CniError(ErrorCode.IO_FAILURE, `${prefix}: ${why}`, {
    details: "CHECK is for what ADD has attached",
    advice: entry === undefined ? "attach it first, by add" : "run del, then add again",
  });
}
