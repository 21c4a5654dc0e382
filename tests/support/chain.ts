import { join } from "node:path";
import { ownEnvironment, type RunAnswer, run } from "./exec.ts";

/**
 * A runner of plugin chains that knows the specification and nothing else: executables in a
 * directory, the request on standard input, parameters in the environment, the result on standard
 * output. It stands beside the product's runtime so that plugins can be judged without it.
 */

export type PluginObject = Readonly<Record<string, unknown>>;

/** A network configuration list, already parsed. */
export interface Conflist {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly PluginObject[];
}

/** One attachment as the specification's parameters name it. */
export interface AttachmentParameters {
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  /** The text of CNI_ARGS; absent when there are none. */
  readonly args?: string;
  /** Values for capabilities; each plugin gets those that it declares. */
  readonly capabilityArgs?: PluginObject;
}

export type Operation = "ADD" | "CHECK" | "DEL" | "GC" | "STATUS" | "VERSION";

/** What a result of 0.3.0 or later holds that tests look at. */
export interface ChainResult {
  readonly cniVersion?: string;
  readonly interfaces?: readonly { name: string; mac?: string; mtu?: number; sandbox?: string }[];
  readonly ips?: readonly { address: string; gateway?: string; interface?: number }[];
  readonly routes?: readonly { dst: string; gw?: string }[];
  readonly dns?: { nameservers?: readonly string[] };
}

export interface ChainStep {
  readonly type: string;
  readonly ms: number;
  readonly stderr: string;
}

export interface ChainAnswer {
  /** The last plugin's result; only ADD has one. */
  readonly result?: ChainResult;
  readonly steps: readonly ChainStep[];
  readonly ms: number;
}

export interface ChainRequest {
  /** The directory that holds the plugins' executables; it is also the whole of CNI_PATH. */
  readonly dir: string;
  readonly list: Conflist;
  readonly operation: Operation;
  readonly attachment?: AttachmentParameters;
  /** The result of ADD, for CHECK and DEL. */
  readonly prevResult?: ChainResult;
  /** What GC keeps. */
  readonly validAttachments?: readonly { containerID: string; ifname: string }[];
  /** Variables besides CNI's; this process's own when absent. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Runs one plugin in another way than as an executable. */
  readonly call?: typeof runPlugin;
}

/** A plugin that failed; `code` and `msg` are those of its error object, when it printed one. */
export class PluginFailed extends Error {
  readonly code: number | undefined;
  readonly msg: string;
  readonly answer: RunAnswer;

  constructor(type: string, operation: Operation, answer: RunAnswer) {
    let code: number | undefined;
    let msg = answer.stdout.trim();
    try {
      const error = JSON.parse(answer.stdout) as { code?: number; msg?: string; details?: string };
      code = error.code;
      msg = [error.msg ?? msg, error.details].filter((part) => part).join("; ");
    } catch {
      // Not an error object: the text itself is what there is to tell.
    }
    const end = answer.signal ?? `exit ${answer.exitCode}`;
    super(`${type} ${operation} (${end}): ${msg} [stderr: ${answer.stderr.trim().slice(-1500)}]`);
    this.name = "PluginFailed";
    this.code = code;
    this.msg = msg;
    this.answer = answer;
  }
}

/** The variables of one call. */
export function callEnvironment(
  operation: Operation,
  dir: string,
  attachment: AttachmentParameters | undefined,
  base: Readonly<Record<string, string>> = ownEnvironment(),
): Record<string, string> {
  const env: Record<string, string> = { ...base, CNI_COMMAND: operation, CNI_PATH: dir };
  if (attachment !== undefined) {
    env["CNI_CONTAINERID"] = attachment.containerId;
    env["CNI_NETNS"] = attachment.netns;
    env["CNI_IFNAME"] = attachment.ifName;
    if (attachment.args !== undefined) env["CNI_ARGS"] = attachment.args;
  }
  return env;
}

/** The request that one plugin of a list gets on standard input. */
export function pluginRequest(request: ChainRequest, plugin: PluginObject): PluginObject {
  const { capabilities, ...own } = plugin;
  const given = request.attachment?.capabilityArgs ?? {};
  const declared = Object.entries((capabilities ?? {}) as Record<string, boolean>)
    .filter(([name, enabled]) => enabled && name in given)
    .map(([name]) => [name, given[name]]);
  return {
    ...own,
    cniVersion: request.list.cniVersion,
    name: request.list.name,
    ...(declared.length === 0 ? {} : { runtimeConfig: Object.fromEntries(declared) }),
    ...(request.prevResult === undefined ? {} : { prevResult: request.prevResult }),
    ...(request.validAttachments === undefined
      ? {}
      : { "cni.dev/valid-attachments": request.validAttachments }),
  };
}

/** Runs one plugin executable; a plugin that fails is an answer here, not an exception. */
export async function runPlugin(
  dir: string,
  type: string,
  config: PluginObject,
  env: Readonly<Record<string, string>>,
  timeoutMs = 60_000,
): Promise<RunAnswer> {
  return await run([join(dir, type)], { stdin: JSON.stringify(config), env, timeoutMs });
}

/** Runs one operation over a list: ADD, CHECK, GC and STATUS forwards, DEL backwards. */
export async function runChain(request: ChainRequest): Promise<ChainAnswer> {
  const { dir, list, operation, call = runPlugin } = request;
  const env = callEnvironment(operation, dir, request.attachment, request.env);
  const plugins = operation === "DEL" ? [...list.plugins].reverse() : list.plugins;
  const steps: ChainStep[] = [];
  const before = performance.now();
  let result = request.prevResult;
  for (const plugin of plugins) {
    const type = String(plugin["type"]);
    const config = pluginRequest(
      result === undefined ? request : { ...request, prevResult: result },
      plugin,
    );
    const answer = await call(dir, type, config, env, request.timeoutMs);
    if (answer.exitCode !== 0) throw new PluginFailed(type, operation, answer);
    if (operation === "ADD") result = JSON.parse(answer.stdout) as ChainResult;
    steps.push({ type, ms: answer.ms, stderr: answer.stderr });
  }
  const ms = performance.now() - before;
  return operation === "ADD" && result !== undefined ? { result, steps, ms } : { steps, ms };
}
