/** The order of work of one call, the same behind every door. */
import { errorText } from "../base/index.ts";
import { type PluginEntry, type PluginIo, ProcessExecutor } from "../invoke/index.ts";
import {
  CniError,
  checkNetworkName,
  convertResult,
  ENV,
  ErrorCode,
  emptyResult,
  isObject,
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
import {
  lineOfStep,
  PLAN_OPERATION_VARIABLE,
  PLAN_VARIABLE,
  type Plan,
  type PlanStep,
  planToJson,
  stepOfLine,
} from "./plan.ts";
import type { AddAnswer, PlanLine, Plugin } from "./plugin.ts";
import { repairAsked, withoutRepair } from "./repair.ts";

/** A plugin but for its entries. */
export type Served = Omit<Plugin, "entry" | "plan" | "compare">;

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
      text = printFailure(failureOf(thrown, plugin.name, io), seen.cniVersion);
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
    return await linesOf(plugin, ctx);
  };
}

/** What an operation would do to what stands now; checks the call as the operation does. */
export function makeComparison(plugin: Served): (io: PluginIo) => Promise<Plan | undefined> {
  return async (io) => {
    const seen: Seen = { cniVersion: plugin.versions.at(-1) ?? LATEST };
    const { operation, ctx } = await prepare(plugin, io, seen, { looksOnly: true });
    if (!isPlanned(operation)) throw unplanned(operation);
    const { definition } = plugin;
    if (definition.compare !== undefined) return await definition.compare(ctx);
    if (definition.plan === undefined || operation !== "ADD") return undefined;
    return { steps: (await definition.plan(ctx)).map(stepOf) };
  };
}

function stepOf(line: PlanLine): PlanStep {
  return typeof line === "string" ? stepOfLine(line) : line;
}

async function linesOf({ definition }: Served, ctx: Context): Promise<string[]> {
  const steps = (await definition.plan?.(ctx)) ?? [];
  return steps.map((step) => (typeof step === "string" ? step : lineOfStep(step)));
}

/** The operations of which there is a plan. */
const PLANNED = ["ADD", "DEL", "GC"] as const;

function isPlanned(operation: string): operation is (typeof PLANNED)[number] {
  return PLANNED.some((each) => each === operation);
}

function unplanned(operation: string): CniError {
  const msg = `there is no plan of ${JSON.stringify(operation)}: only of ADD, DEL and GC`;
  return new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg);
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
    const asksPlan = hasPlan(plugin) ? io.env[PLAN_VARIABLE] : undefined;
    const stdin = asksPlan === "1" ? await io.stdin() : undefined;
    const asked = stdin === undefined ? io : { ...io, stdin: () => stdin };
    const cniVersion = (await readVersionRequest(asked)) ?? LATEST;
    const plan = asksPlan === "ask" ? { plans: plansOf(plugin) } : await planned(plugin, asked);
    return `${printJson({ cniVersion, supportedVersions: [...plugin.versions], ...plan })}\n`;
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

function hasPlan({ definition }: Served): boolean {
  return definition.plan !== undefined || definition.compare !== undefined;
}

/** The operations of which a plugin can tell what they would do. */
function plansOf({ definition }: Served): string[] {
  return definition.compare === undefined ? ["ADD"] : [...PLANNED];
}

/** What the answer to VERSION has beside, for one that asks for a plan. */
async function planned(plugin: Served, io: PluginIo): Promise<JsonObject> {
  const asked = io.env[PLAN_OPERATION_VARIABLE] ?? "";
  if (!hasPlan(plugin) || io.env[PLAN_VARIABLE] !== "1" || !isPlanned(asked)) return {};
  const as = { ...io, env: { ...io.env, CNI_COMMAND: asked } };
  try {
    const plan = await makeComparison(plugin)(as);
    return plan === undefined ? {} : { comparison: planToJson(plan) };
  } catch (thrown) {
    return { refusal: failureOf(thrown, plugin.name, io).toJson() };
  }
}

/** Everything that can be wrong with a call is found here, before the plugin does anything. */
async function prepare(
  plugin: Served,
  given: PluginIo,
  seen: Seen,
  { looksOnly = false }: { readonly looksOnly?: boolean } = {},
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
    looksOnly,
    lockDirectory: plugin.definition.lockDirectory,
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
    // Of a program without types; what it spreads to would be an empty result.
    if (!isObject(given ?? {})) throw new TypeError("it must be an object with its keys");
    const printed = convertResult(result, ctx.cniVersion);
    // Of a copy: what the plugin keeps of its result is not the caller's.
    const { value } = JsonDocument.ofValue(printed);
    return { printed, result: parseResult(value, ctx.cniVersion, { exact: true }) };
  } catch (cause) {
    const text = errorText(cause);
    throw new CniError(ErrorCode.INTERNAL, `the plugin's result is invalid: ${text}`);
  }
}
