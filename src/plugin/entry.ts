/** The order of work of one call, the same behind every door. */
import { defined, errorText } from "../base/index.ts";
import { type PluginEntry, type PluginIo, ProcessExecutor } from "../invoke/index.ts";
import {
  CniError,
  checkNetworkName,
  convertResult,
  ENV,
  ErrorCode,
  emptyResult,
  JsonDocument,
  type JsonObject,
  LATEST,
  type Operation,
  parseOperation,
  parseResult,
  printJson,
  type Result,
} from "../spec/index.ts";
import { makeContext } from "./call.ts";
import { networkName, readRequest, readVersionRequest } from "./config.ts";
import type { Context } from "./context.ts";
import { failureOf } from "./errors.ts";
import { checkVersions, configVersion } from "./gates.ts";
import { refuseHostNetns, withoutHostNetns } from "./netns-guard.ts";
import { readParameters } from "./parameters.ts";
import type { AddAnswer, Plugin } from "./plugin.ts";
import { repairAsked, withoutRepair } from "./repair.ts";

/**
 * The environment variable by which `hawser plan` asks another program for its plan, in a call of
 * VERSION with the parameters of ADD: plugins that do not know it answer as ever.
 */
export const PLAN_VARIABLE: string = "HAWSER_PLAN";

/** A plugin but for its entries. */
export type Served = Omit<Plugin, "entry" | "plan">;

/** What is known of the version in use, for an error that may come at any time. */
interface Seen {
  cniVersion: string;
}

/** Serves a plugin: one call in, at most one JSON document out, exit code 0 or 1. */
export function makeEntry(plugin: Served): PluginEntry {
  return async (io) => {
    const seen: Seen = { cniVersion: plugin.versions.at(-1) ?? LATEST };
    let text: string;
    let exitCode = 0;
    try {
      text = await answer(plugin, io, seen);
    } catch (thrown) {
      io.daemonServices?.failed?.(thrown);
      text = printFailure(failureOf(thrown, io.signal), seen.cniVersion);
      exitCode = 1;
    }
    if (text === "") return exitCode;
    try {
      io.stdout(text);
      return exitCode;
    } catch (thrown) {
      io.stderr(`cannot write the answer to stdout: ${String(thrown)}\n`);
      return 1;
    }
  };
}

/** What the plugin would do on ADD, in lines; checks the call as ADD does, touches nothing. */
export function makePlan(plugin: Served): (io: PluginIo) => Promise<string[]> {
  return async (io) => {
    const seen: Seen = { cniVersion: plugin.versions.at(-1) ?? LATEST };
    const asAdd = { ...io, env: { ...io.env, CNI_COMMAND: "ADD" } };
    const { ctx } = await prepare(plugin, asAdd, seen);
    return [...((await plugin.definition.plan?.(ctx)) ?? [])];
  };
}

/** The error object of the specification, section 5, as existing plugins lay it out. */
export function printFailure(error: CniError, cniVersion: string): string {
  return printJson(error.toJson(cniVersion), 4);
}

async function answer(plugin: Served, io: PluginIo, seen: Seen): Promise<string> {
  const command = io.env["CNI_COMMAND"] ?? "";
  if (command === "" && plugin.about !== "") {
    io.stderr(`${plugin.about}\nCNI protocol versions supported: ${plugin.versions.join(", ")}\n`);
    return "";
  }
  if (command === "VERSION") {
    const asksPlan = io.env[PLAN_VARIABLE] === "1" && plugin.definition.plan !== undefined;
    const stdin = asksPlan ? await io.stdin() : undefined;
    const asked = stdin === undefined ? io : { ...io, stdin: () => stdin };
    const cniVersion = (await readVersionRequest(asked)) ?? LATEST;
    const plan = asksPlan ? await makePlan(plugin)(asked) : undefined;
    return `${printJson({ cniVersion, supportedVersions: [...plugin.versions], ...defined({ plan }) })}\n`;
  }
  const { operation, ctx } = await prepare(plugin, withoutRepair(io), seen);
  const asked = repairAsked(plugin, operation, io.env);
  if (asked !== undefined) {
    const repair = (await plugin.definition.repair?.(ctx, asked)) ?? [];
    const { cniVersion } = ctx;
    return `${printJson({ cniVersion, repair: repair.map((each) => ({ ...each })) })}\n`;
  }
  if (operation !== "ADD") {
    await perform(plugin, operation, ctx);
    return "";
  }
  const { printed, result } = judged(await plugin.definition.add(ctx), ctx);
  if (io.result === undefined) return printJson(printed, 4);
  io.result(result);
  return "";
}

/** Everything that can be wrong with a call is found here, before the plugin does anything. */
async function prepare(
  plugin: Served,
  given: PluginIo,
  seen: Seen,
): Promise<{ operation: Operation; ctx: Context }> {
  const asked = readParameters(given.env, plugin.requirePath);
  const { stdin, config } = await readRequest(given);
  const network = networkName(config);
  checkNetworkName(network);
  const operation = parseOperation(asked.command);
  const cniVersion = configVersion(config);
  checkVersions(operation, cniVersion, plugin.versions);
  seen.cniVersion = cniVersion;
  const isGuarded = operation !== "GC" && operation !== "STATUS" && !asked.netnsOverride;
  if (isGuarded && operation !== "DEL") refuseHostNetns(given);
  const io = isGuarded && operation === "DEL" ? withoutHostNetns(given) : given;
  const parameters = { ...asked, netns: io.env[ENV.NETNS] ?? "" };
  const executor = io.executor ?? new ProcessExecutor();
  const call = {
    plugin: plugin.name,
    operation,
    parameters,
    stdin,
    config,
    network,
    cniVersion,
    executor,
  };
  return { operation, ctx: makeContext(call, io) };
}

async function perform({ definition }: Served, operation: Operation, ctx: Context): Promise<void> {
  if (operation === "DEL") {
    await definition.del(ctx);
  } else if (operation === "CHECK") {
    await definition.check?.(ctx);
  } else if (operation === "GC") {
    await definition.gc?.(ctx);
  } else if (operation === "STATUS") {
    await definition.status?.(ctx);
  }
}

/** The plugin's result in the version of the configuration: as JSON, and as a reader of that sees it. */
function judged(given: AddAnswer, ctx: Context): { printed: JsonObject; result: Result } {
  const result = { ...emptyResult(ctx.cniVersion), ...(given ?? ctx.prevResult) };
  try {
    const printed = convertResult(result, ctx.cniVersion);
    // Of a copy: what the plugin keeps of its result is not the caller's.
    const { value } = JsonDocument.ofValue(printed);
    return { printed, result: parseResult(value, ctx.cniVersion, { exact: true }) };
  } catch (cause) {
    const text = errorText(cause);
    throw new CniError(ErrorCode.INTERNAL, `the plugin's result is invalid: ${text}`);
  }
}
