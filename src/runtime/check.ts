import { runPlugin } from "../invoke/index.ts";
import {
  type Attachment,
  atLeast,
  CniError,
  type Environment,
  ErrorCode,
  type NetworkConfig,
  type Result,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";
import { attachmentRequest, type Chain, runChain } from "./chain.ts";
import { type Context, requireNetns, throwIfAborted } from "./context.ts";
import { listOf, withCached } from "./del.ts";
import { CheckNotSupportedError, prefixed } from "./error.ts";
import { rememberedNetwork } from "./network-of-add.ts";
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
  const chain = chainOf(context, present, given, attachment, call);
  if (chain !== undefined) await runChain(context, chain);
}

/** What one plugin of a network says to CHECK. */
export interface PluginCheck {
  /** The plugin's type. */
  readonly type: string;
  /** Place of the plugin in its network, from 0. */
  readonly position: number;
  /** What it printed: nothing, unless `variables` asked for more than the protocol has. */
  readonly answer: string;
  /** The difference that it found, or why it could not be asked. */
  readonly error?: CniError;
}

/** As `check`, past failures, with more variables in the environment of the plugins. */
export async function checkEach(
  context: Context,
  present: NetworkConfig,
  given: RuntimeConf,
  attachment: Attachment,
  { variables, ...call }: CallOptions & { readonly variables: Environment },
): Promise<PluginCheck[]> {
  const chain = chainOf(context, present, given, attachment, call);
  const checks: PluginCheck[] = [];
  if (chain === undefined) return checks;
  await runChain(context, {
    ...chain,
    async run(made, { plugin: { type }, position }) {
      const env = { ...made.env, ...variables };
      const answer = await runPlugin(context.executor, { ...made, env });
      checks.push({ type, position, answer });
    },
    onError(error, { plugin: { type }, position }) {
      throwIfAborted("CHECK", call.signal);
      checks.push({ type, position, answer: "", error });
    },
  });
  return checks;
}

/** The configuration of an attachment's ADD. */
export function networkToCheck(name: string, entry: CacheEntry | undefined): NetworkConfig {
  if (entry?.config !== undefined) return rememberedNetwork(entry.config);
  const prefix = `failed to get network ${JSON.stringify(name)} cached result`;
  throw new CniError(ErrorCode.IO_FAILURE, `${prefix}: there is none`);
}

/** The CHECK of all plugins; undefined where the network has none. */
function chainOf(
  context: Context,
  present: NetworkConfig,
  given: RuntimeConf,
  attachment: Attachment,
  call: CallOptions,
): Chain | undefined {
  const entry = context.cache.read(attachment);
  const list = listOf(context, present, entry);
  if (!checkApplies(list)) return undefined;
  const result = resultOf(list, entry);
  const netns = given.netns === "" ? (entry?.netns ?? "") : given.netns;
  requireNetns("CHECK", netns);
  const conf = withCached({ ...given, netns }, entry);
  return { list, conf, call, request: () => attachmentRequest("CHECK", conf, result) };
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
