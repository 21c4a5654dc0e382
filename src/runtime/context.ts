import { defined } from "../base/index.ts";
import { buildEnv, type Executor, type PluginCall } from "../invoke/index.ts";
import type { AcquireOptions, Claim, Locks, Release } from "../locks/index.ts";
import {
  type Attachment,
  CniError,
  checkContainerId,
  checkIfName,
  checkNetworkName,
  ErrorCode,
  type NetworkConfig,
  type Operation,
  type PartialEnvironment,
  type PluginConfig,
  type RequestOptions,
  requestDocument,
} from "../spec/index.ts";
import type { Cache } from "./cache/index.ts";
import { AbortError, asCniError, failuresOf } from "./error.ts";
import type { CallOptions, PluginReport, RuntimeConf, RuntimeOptions } from "./options.ts";

/** What all operations of one runtime share. */
export interface Context {
  readonly options: RuntimeOptions;
  readonly executor: Executor;
  readonly env: PartialEnvironment;
  readonly cache: Cache;
  readonly locks: Locks | undefined;
  readonly bootId: string;
}

/** One plugin's part of an operation. */
export interface Part {
  readonly list: NetworkConfig;
  readonly plugin: PluginConfig;
  readonly position: number;
  /** The executable, where it has been looked for already. */
  readonly path?: string | undefined;
  readonly request: RequestOptions;
  /** Absent for GC and STATUS. */
  readonly conf?: RuntimeConf;
  readonly call: CallOptions;
  readonly cleanup?: boolean;
}

/**
 * Runs one plugin of a network: finds it, derives its request, and lets `run` read the answer.
 * Everything thrown is a CniError.
 */
export async function runPart<T>(
  context: Context,
  part: Part,
  run: (call: PluginCall) => Promise<T>,
): Promise<T> {
  const { options, executor } = context;
  const started = performance.now();
  const base = {
    operation: part.request.operation,
    network: part.list.name,
    type: part.plugin.type,
    position: part.position,
    cleanup: part.cleanup === true,
  };
  let path: string | undefined;
  const report = (error?: CniError): PluginReport => ({
    ...base,
    ...defined({ path }),
    ms: performance.now() - started,
    ...defined({ error }),
  });
  try {
    path = part.path ?? (await executor.find(part.plugin.type, options.pluginDirs));
    options.onPluginStart?.({ ...base, path });
    const value = await run(makeCall(context, part, path));
    options.onPlugin?.(report());
    return value;
  } catch (thrown) {
    const error = asCniError(thrown, ErrorCode.INTERNAL);
    options.onPlugin?.(report(error));
    throw error;
  }
}

function makeCall({ options, env }: Context, part: Part, path: string): PluginCall {
  const { request, plugin, conf, list } = part;
  const { operation } = request;
  const timeoutMs = part.call.timeoutMs ?? options.timeoutMs;
  const { onStderr, onStep } = options;
  const trace = options.trace?.();
  return {
    operation,
    type: plugin.type,
    path,
    stdin: requestDocument(list, plugin, { ...request, libcni: options.libcni === true }),
    env: buildEnv(env, {
      operation,
      ...(conf && { containerId: conf.containerId, netns: conf.netns, ifName: conf.ifName }),
      ...(conf?.args && { args: conf.args }),
      path: options.pluginDirs,
      ...(trace && { trace }),
    }),
    ...(part.call.signal && { signal: part.call.signal }),
    ...defined({ timeoutMs }),
    ...(onStderr && {
      onStderr: (text: string) => onStderr(text, { operation, type: plugin.type }),
    }),
    ...(onStep && { onStep }),
  };
}

/**
 * Refuses what is no network: a bad name, and what a program without types may give, the object of a
 * configuration itself.
 */
export function checkNetwork({ name, plugins }: Pick<NetworkConfig, "name" | "plugins">): void {
  checkNetworkName(name);
  // A network that was remembered or is made for one plugin has them too.
  const given: unknown = plugins;
  const isRead = Array.isArray(given) && plugins.every(({ json }) => typeof json === "object");
  if (isRead) return;
  const what = `network ${JSON.stringify(name)} is no configuration that was read`;
  throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, what, {
    advice: "make it by networkFrom, networkFromText or loadNetwork",
  });
}

/** Checks the names of an attachment before they become paths or parameters. */
export function attachmentOf(list: NetworkConfig, conf: RuntimeConf): Attachment {
  checkNetwork(list);
  checkContainerId(conf.containerId);
  checkIfName(conf.ifName);
  const { containerId, ifName } = conf;
  return { network: list.name, containerId, ifName };
}

/** ADD and CHECK cannot do without a namespace. */
export function requireNetns(operation: Operation, netns: string): void {
  if (netns !== "") return;
  throw new CniError(
    ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
    "required env variables [CNI_NETNS] missing",
    { details: `${operation} needs the path of a network namespace` },
  );
}

/**
 * Waits until no other operation works on what is claimed. When locks cannot be kept (the disk is full or
 * read-only), what takes things away goes on without them: a DEL must not fail for that.
 */
export async function acquire(
  { locks, options }: Context,
  claim: Claim,
  { signal }: CallOptions,
): Promise<Release> {
  if (locks === undefined) return () => {};
  const wait: AcquireOptions = {
    ...(signal && { signal }),
    onWait: (text) => options.onWarning?.(`${claim.operation}: ${text}`),
  };
  try {
    return await locks.acquire(claim, wait);
  } catch (thrown) {
    throwIfAborted(claim.operation, signal);
    const error = asCniError(thrown, ErrorCode.IO_FAILURE);
    if (claim.operation === "DEL" || claim.operation === "CHECK") {
      options.onWarning?.(`going on without a lock: ${error.message}`);
      return () => {};
    }
    const msg = `cannot keep other operations away: ${error.message}`;
    throw new CniError(ErrorCode.IO_FAILURE, msg, { cause: error });
  }
}

/**
 * Ends an operation that was aborted before it began.
 * @throws AbortError
 */
export function throwIfAborted(operation: Operation, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError(operation, signal.reason);
}

/** Does the work of an operation; where the signal has ended a plugin, that is the error. */
export async function abortable<T>(
  operation: Operation,
  { signal }: CallOptions,
  work: () => Promise<T>,
): Promise<T> {
  throwIfAborted(operation, signal);
  try {
    return await work();
  } catch (thrown) {
    if (!signal?.aborted || thrown instanceof AbortError) throw thrown;
    if (!failuresOf(thrown).some(({ aborted }) => aborted)) throw thrown;
    throw new AbortError(operation, signal.reason, CniError.from(thrown));
  }
}
