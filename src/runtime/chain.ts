import { defined } from "../base/index.ts";
import { type PluginCall, runPlugin } from "../invoke/index.ts";
import {
  type CniError,
  ErrorCode,
  type NetworkConfig,
  type PluginConfig,
  type RequestOptions,
  type Result,
} from "../spec/index.ts";
import { type Context, runPart } from "./context.ts";
import { asCniError } from "./error.ts";
import type { CallOptions, RuntimeConf } from "./options.ts";

/** A plugin of a network, and its place there from 0. */
export interface Member {
  readonly plugin: PluginConfig;
  readonly position: number;
}

/** One operation on all plugins of a network. */
export interface Chain {
  readonly list: NetworkConfig;
  /** What the plugin that is next is asked. */
  readonly request: () => RequestOptions;
  /** Absent for GC and STATUS. */
  readonly conf?: RuntimeConf;
  readonly call: CallOptions;
  /** True for the DEL that takes a failed ADD back. */
  readonly cleanup?: boolean;
  /** The executables by position, where they have been looked for already. */
  readonly paths?: readonly string[];
  /** Calls a plugin; default: its answer is not read. */
  readonly run?: (call: PluginCall, member: Member) => Promise<void>;
  /** Takes the error of a plugin; what it throws ends the operation. Default: throws the error. */
  readonly onError?: (error: CniError, member: Member) => void | Promise<void>;
}

/** Runs the plugins of a network one after the other; DEL begins with the last one. */
export async function runChain(context: Context, chain: Chain): Promise<void> {
  const { list, conf, call, cleanup, paths } = chain;
  const run = chain.run ?? (async (made) => void (await runPlugin(context.executor, made)));
  const members = list.plugins.map((plugin, position): Member => ({ plugin, position }));
  if (chain.request().operation === "DEL") members.reverse();
  for (const member of members) {
    const { plugin, position } = member;
    const part = {
      list,
      plugin,
      position,
      call,
      request: chain.request(),
      ...defined({ conf, cleanup, path: paths?.[position] }),
    };
    try {
      await runPart(context, part, (made) => run(made, member));
    } catch (thrown) {
      if (chain.onError === undefined) throw thrown;
      await chain.onError(asCniError(thrown, ErrorCode.INTERNAL), member);
    }
  }
}

/** What a plugin is asked about an attachment, with the result so far. */
export function attachmentRequest(
  operation: "ADD" | "CHECK" | "DEL",
  { capabilityArgs = {} }: RuntimeConf,
  prevResult: Result | undefined,
): RequestOptions {
  return { operation, capabilityArgs, ...defined({ prevResult }) };
}
