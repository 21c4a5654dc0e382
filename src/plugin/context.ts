/** What a plugin's callbacks are given. */
import type { DaemonServices, Executor, StepReport } from "../invoke/index.ts";
import {
  type Attachment,
  type Environment,
  invalidConfig,
  type JsonObject,
  type Operation,
  type Result,
  type ValidAttachment,
} from "../spec/index.ts";
import type { Delegate } from "./delegate.ts";
import type { Locked } from "./lock.ts";

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
  readonly args: readonly (readonly [string, string])[];
  /** CNI_ARGS as received. */
  readonly rawArgs: string;
  /** The directories of CNI_PATH, in order. */
  readonly path: string[];
  /** The configuration, with unknown keys, numbers as they were written; frozen at every depth. */
  readonly config: JsonObject;
  /** The configuration as received; delegates get exactly this. */
  readonly stdin: string;
  /** The result so far of this attachment; ADD, DEL and CHECK only. */
  readonly prevResult?: Result;
  /** GC only: the attachments that still exist. An empty list says that none does. */
  readonly validAttachments?: ValidAttachment[];
  /** The whole environment of the call. */
  readonly env: Environment;
  /** Aborted when the caller gives up (for an executable: at SIGTERM and SIGINT). */
  readonly signal: AbortSignal;
  /** Writes a line for people to stderr. */
  log(text: string): void;
  /** Reports a step that was done, for callers that show them. */
  step(report: StepNote): void;
  /**
   * Holds a lock of this plugin while `work` runs, since calls for several containers come at once:
   * that of the container, of the network, or of a name, over all processes of the machine. Waiting
   * ends with an error of code 11 when the call is aborted, or after 30 seconds.
   */
  readonly locked: Locked;
  /** Hands the call on to another plugin (specification, section 4). */
  readonly delegate: Delegate;
  /** Finds and runs other plugins. */
  readonly executor: Executor;
  /** The call asks what the operation would do: nothing may be changed. */
  readonly looksOnly?: boolean;
  /** Services of the process that runs the plugin; absent in a process of the plugin's own. */
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
 * const { exitCode, json } = await tryPlugin(chained, { operation: "ADD", config });
 * exitCode; // → 1
 * isObject(json) && json["msg"]; // → "must be called as chained plugin"
 * ```
 */
export function requirePrevResult(ctx: Pick<Context, "prevResult" | "operation">): Result {
  if (ctx.prevResult !== undefined) return ctx.prevResult;
  const msg =
    ctx.operation === "ADD" ? "must be called as chained plugin" : "required prevResult missing";
  throw invalidConfig(msg, 'the configuration has no "prevResult"');
}
