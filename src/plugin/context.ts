/** What a plugin's callbacks are given. */
import { defined, errorText } from "../base/index.ts";
import {
  type DaemonServices,
  type Executor,
  type PluginIo,
  type StepReport,
  splitPath,
} from "../invoke/index.ts";
import {
  type Attachment,
  CniError,
  ErrorCode,
  field,
  isObject,
  type JsonObject,
  type Operation,
  parseResult,
  type Result,
  type ValidAttachment,
} from "../spec/index.ts";
import { splitArgs } from "./args.ts";
import { readAttachments } from "./attachments.ts";
import { type Delegate, makeDelegate } from "./delegate.ts";
import type { Parameters } from "./parameters.ts";

/** A step as a plugin reports it; the kit adds the plugin's name. */
export type StepNote = Omit<StepReport, "plugin"> & { readonly plugin?: string };

/** One call of a plugin: its parameters, its configuration, and ways to answer for it. */
export interface Context {
  readonly operation: Operation;
  /** The network's name, checked. */
  readonly network: string;
  /** The configuration's version; the answer will be in it. "0.1.0" when it names none. */
  readonly cniVersion: string;
  /** Checked; "" for GC and STATUS. */
  readonly containerId: string;
  /** Path of the container's namespace; for DEL it may be "" or lead nowhere. */
  readonly netns: string;
  /** Checked; "" for GC and STATUS. */
  readonly ifName: string;
  /**
   * CNI_ARGS as pairs, read when first asked for. A pair without exactly one "=" is an error of
   * code 4; DEL leaves it out instead.
   */
  readonly args: [string, string][];
  /** CNI_ARGS as received. */
  readonly rawArgs: string;
  /** The directories of CNI_PATH, in order. */
  readonly path: string[];
  /** The configuration, with unknown keys, numbers as they were written. */
  readonly config: JsonObject;
  /** The configuration as received; delegates get exactly this. */
  readonly stdin: string;
  /** The result so far of this attachment; ADD, DEL and CHECK only. */
  readonly prevResult?: Result;
  /** GC only: the attachments that still exist. An empty list says that none does. */
  readonly validAttachments?: ValidAttachment[];
  /** The whole environment of the call. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborted when the caller gives up (for an executable: at SIGTERM and SIGINT). */
  readonly signal: AbortSignal;
  /** Writes a line for people to stderr. */
  log(text: string): void;
  /** Reports a step that was done, for callers that show them. */
  step(report: StepNote): void;
  /** Hands the call on to another plugin (specification, section 4). */
  readonly delegate: Delegate;
  /** Finds and runs other plugins. */
  readonly executor: Executor;
  /** What the process that runs the plugin lends it; absent in a process of the plugin's own. */
  readonly daemonServices?: DaemonServices;
}

/**
 * The attachment that a call is about.
 *
 * @example
 * ```ts
 * import { attachmentOf } from "hawser/plugin";
 *
 * const { network, containerId } = attachmentOf({ network: "n", containerId: "c", ifName: "eth0" });
 * [network, containerId]; // → ["n", "c"]
 * ```
 */
export function attachmentOf(ctx: Pick<Context, keyof Attachment>): Attachment {
  const { network, containerId, ifName } = ctx;
  return { network, containerId, ifName };
}

/** What `makeContext` builds on. */
export interface Call {
  readonly plugin: string;
  readonly operation: Operation;
  readonly parameters: Parameters;
  readonly stdin: string;
  readonly config: JsonObject;
  readonly network: string;
  readonly cniVersion: string;
  readonly executor: Executor;
}

const ATTACHMENT_VERBS: readonly string[] = ["ADD", "DEL", "CHECK"];

/** Gathers everything about a call that has passed all checks. */
export function makeContext(call: Call, io: PluginIo): Context {
  const { operation, parameters, config, cniVersion } = call;
  const log = (text: string): void => io.stderr(text.endsWith("\n") ? text : `${text}\n`);
  const prevResult = ATTACHMENT_VERBS.includes(operation)
    ? readPrevResult(config, cniVersion, operation === "DEL" ? log : undefined)
    : undefined;
  const signal = io.signal ?? new AbortController().signal;
  return {
    operation,
    network: call.network,
    cniVersion,
    containerId: parameters.containerId,
    netns: parameters.netns,
    ifName: parameters.ifName,
    get args() {
      return splitArgs(parameters.rawArgs, operation === "DEL");
    },
    rawArgs: parameters.rawArgs,
    path: splitPath(parameters.rawPath),
    config,
    stdin: call.stdin,
    ...defined({ prevResult }),
    ...(operation === "GC" ? { validAttachments: readAttachments(config) } : {}),
    env: io.env,
    signal,
    log,
    step: (report) => io.onStep?.({ ...report, plugin: report.plugin ?? call.plugin }),
    get delegate() {
      return makeDelegate(io, operation, call.stdin, call.executor);
    },
    executor: call.executor,
    ...defined({ daemonServices: io.daemonServices }),
  };
}

/** With `log`, an unreadable result is told there and left out: DEL does what it can without. */
function readPrevResult(
  config: JsonObject,
  cniVersion: string,
  log: ((text: string) => void) | undefined,
): Result | undefined {
  const raw = field(config, "prevResult") ?? null;
  if (raw === null) {
    return undefined;
  }
  try {
    if (!isObject(raw)) {
      throw new TypeError("it must be an object");
    }
    return parseResult(raw, cniVersion);
  } catch (cause) {
    const text = errorText(cause);
    const msg = `could not parse prevResult: ${text}`;
    if (log === undefined) {
      throw new CniError(ErrorCode.DECODING_FAILURE, msg, { cause });
    }
    log(msg);
    return undefined;
  }
}

/**
 * The result of the plugins before this one, for plugins that can only work behind others.
 * @throws CniError of code 7 when there is none.
 *
 * @example
 * ```ts
 * import { definePlugin, requirePrevResult, tryPlugin } from "hawser/plugin";
 * import { isObject } from "hawser/spec";
 *
 * const chained = definePlugin({ name: "chained", add: requirePrevResult, del: () => {} });
 * const config = { cniVersion: "1.1.0", name: "n", type: "chained" };
 * const { exitCode, json } = await tryPlugin(chained, { command: "ADD", config });
 * exitCode; // → 1
 * isObject(json) && json["msg"]; // → "must be called as chained plugin"
 * ```
 */
export function requirePrevResult(ctx: Pick<Context, "prevResult" | "operation">): Result {
  if (ctx.prevResult !== undefined) {
    return ctx.prevResult;
  }
  const msg =
    ctx.operation === "ADD" ? "must be called as chained plugin" : "required prevResult missing";
  throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, {
    details: 'the configuration has no "prevResult"',
  });
}
