/** One call that has passed all checks, as the plugin's callbacks are given it. */
import { defined, errorText, printable } from "../base/index.ts";
import { type Executor, type PluginIo, splitPath } from "../invoke/index.ts";
import {
  CniError,
  ErrorCode,
  field,
  isObject,
  type JsonDocument,
  type JsonObject,
  type Operation,
  parseResult,
  type Result,
} from "../spec/index.ts";
import { splitArgs } from "./args.ts";
import { readAttachments } from "./attachments.ts";
import type { Context } from "./context.ts";
import { type Delegate, makeDelegate } from "./delegate.ts";
import type { Parameters } from "./parameters.ts";
import type { PluginDefinition } from "./plugin.ts";

/** What `makeContext` builds on. */
export interface Call {
  readonly plugin: string;
  readonly operation: Operation;
  readonly parameters: Parameters;
  readonly stdin: JsonDocument;
  readonly config: JsonObject;
  readonly network: string;
  readonly cniVersion: string;
  readonly executor: Executor;
  readonly looksOnly: boolean;
  readonly lockDirectory: PluginDefinition["lockDirectory"];
}

const ATTACHMENT_OPERATIONS: readonly string[] = ["ADD", "DEL", "CHECK"];

/** Gathers everything about a call that has passed all checks. */
export function makeContext(call: Call, io: PluginIo): Context {
  const { operation, parameters, config, cniVersion } = call;
  const log = (text: string): void => {
    const line = printable(text);
    io.stderr(line.endsWith("\n") ? line : `${line}\n`);
  };
  // GC and STATUS are about no attachment, whatever stands in their environment.
  const isOfAttachment = ATTACHMENT_OPERATIONS.includes(operation);
  const { containerId, ifName } = isOfAttachment ? parameters : { containerId: "", ifName: "" };
  const prevResult = isOfAttachment
    ? readPrevResult(config, cniVersion, operation === "DEL" ? log : undefined)
    : undefined;
  const validAttachments = operation === "GC" ? readAttachments(config) : undefined;
  const signal = io.signal ?? new AbortController().signal;
  let args: Context["args"] | undefined;
  let delegate: Delegate | undefined;
  const ctx: Context = {
    operation,
    network: call.network,
    cniVersion,
    containerId,
    netns: parameters.netns,
    ifName,
    get args() {
      args ??= splitArgs(parameters.rawArgs, operation === "DEL");
      return args;
    },
    rawArgs: parameters.rawArgs,
    path: splitPath(parameters.rawPath),
    config,
    get stdin() {
      return call.stdin.text;
    },
    ...defined({ prevResult, validAttachments }),
    env: io.env,
    signal,
    log,
    async locked(scope, work, options) {
      // Loaded when needed: most plugins change what the kernel keeps in order by itself.
      const { lockDirectory, makeLocked } = await import("./lock.ts");
      const given = call.lockDirectory ?? lockDirectory(call.plugin);
      const directory = typeof given === "string" ? given : given(ctx);
      const { network } = call;
      const locked = makeLocked({ directory, network, containerId, signal, log });
      return await locked(scope, work, options);
    },
    step: (report) => io.onStep?.({ ...report, plugin: report.plugin ?? call.plugin }),
    get delegate() {
      delegate ??= makeDelegate({ ...call, io, prevResult, validAttachments });
      return delegate;
    },
    executor: call.executor,
    ...(call.looksOnly && { looksOnly: true }),
    ...defined({ daemonServices: io.daemonServices }),
  };
  return ctx;
}

/** With `log`, an unreadable result is logged and left out: DEL does what it can without. */
function readPrevResult(
  config: JsonObject,
  cniVersion: string,
  log: ((text: string) => void) | undefined,
): Result | undefined {
  const raw = field(config, "prevResult") ?? null;
  if (raw === null) return undefined;
  try {
    if (!isObject(raw)) throw new TypeError("it must be an object");
    return parseResult(raw, cniVersion);
  } catch (cause) {
    const text = errorText(cause);
    const msg = `could not parse prevResult: ${text}`;
    if (log === undefined) throw new CniError(ErrorCode.DECODING_FAILURE, msg, { cause });
    log(msg);
    return undefined;
  }
}
