import { defined } from "../base/index.ts";
import { getVersionInfo, type VersionInfo } from "../invoke/index.ts";
import {
  atLeast,
  CniError,
  ErrorCode,
  type NetworkConfig,
  OLDEST,
  type PluginConfig,
} from "../spec/index.ts";
import { runChain } from "./chain.ts";
import type { Context } from "./context.ts";
import { asCniError, ManyErrors } from "./error.ts";
import type { CallOptions } from "./options.ts";
import { findDelegates } from "./required.ts";

/**
 * Asks all plugins in order whether they could serve an ADD; the first error is thrown as is. One that
 * is missing is an error in every version, so is a delegate.
 */
export async function status(
  context: Context,
  list: NetworkConfig,
  call: CallOptions,
): Promise<void> {
  const { executor, options } = context;
  for (const plugin of list.plugins) {
    await executor.find(plugin.type, options.pluginDirs);
    await findDelegates(executor, plugin, options.pluginDirs);
  }
  if (!atLeast(list.cniVersion, "1.1.0")) return;
  await runChain(context, { list, call, request: () => ({ operation: "STATUS" }) });
}

/** Asks a plugin for the versions it supports. */
export async function version(
  context: Context,
  type: string,
  call: CallOptions,
): Promise<VersionInfo> {
  const { executor, options, env } = context;
  const timeoutMs = call.timeoutMs ?? options.timeoutMs;
  const { onStderr } = options;
  return await getVersionInfo(executor, {
    type,
    path: await executor.find(type, options.pluginDirs),
    env,
    ...(call.signal && { signal: call.signal }),
    ...defined({ timeoutMs }),
    ...(onStderr && {
      onStderr: (text: string) => onStderr(text, { operation: "VERSION", type }),
    }),
  });
}

/**
 * Whether all plugins exist and support the network's version; gives the capabilities they
 * declare, sorted. All errors are thrown together.
 */
export async function validate(
  context: Context,
  list: NetworkConfig,
  call: CallOptions,
): Promise<string[]> {
  const errors: CniError[] = [];
  for (const type of new Set(list.plugins.map((plugin) => plugin.type))) {
    try {
      await supports(context, type, list.cniVersion || OLDEST, call);
    } catch (thrown) {
      errors.push(asCniError(thrown, ErrorCode.INTERNAL));
    }
  }
  const [first] = errors;
  if (first !== undefined) throw errors.length === 1 ? first : new ManyErrors(errors);
  return [...new Set(list.plugins.flatMap(enabled))].sort();
}

async function supports(
  context: Context,
  type: string,
  wanted: string,
  call: CallOptions,
): Promise<void> {
  const { supportedVersions } = await version(context, type, call);
  if (supportedVersions.includes(wanted)) return;
  throw new CniError(
    ErrorCode.INCOMPATIBLE_CNI_VERSION,
    `plugin ${type} does not support config version ${JSON.stringify(wanted)}`,
    { details: `it supports ${supportedVersions.join(", ")}` },
  );
}

function enabled({ capabilities }: PluginConfig): string[] {
  return Object.keys(capabilities).filter((name) => capabilities[name] === true);
}
