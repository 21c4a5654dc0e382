/** What the plugins of a network would do in an operation, as far as they tell. */
import { defined } from "../base/index.ts";
import { buildEnv, findPlugin, getVersionInfo, type PluginIo } from "../invoke/index.ts";
import { askPlan, type Plan, type PlanStep } from "../plugin/index.ts";
import { isOwn, ownExecutor, PLUGINS } from "../plugins/registry/index.ts";
import type { RuntimeConf } from "../runtime/index.ts";
import {
  CniError,
  ErrorCode,
  emptyResult,
  field,
  isObject,
  type NetworkConfig,
  type PluginConfig,
  type RequestOptions,
  type Result,
  requestDocument,
  resultAs,
} from "../spec/index.ts";
import type { Session } from "./session.ts";

/** A program that is slower leaves its versions untold. */
const VERSION_MS = 2000;

/** A step of a plugin or of its delegate. */
export interface PlannedStep extends PlanStep {
  readonly plugin: string;
}

/** What one plugin would do. */
export interface PluginPlan {
  readonly type: string;
  readonly path: string;
  /** Absent when the plugin does not tell them. */
  readonly steps?: readonly PlannedStep[];
  /** Of a program of others, which tells none: the versions that it supports; empty when it does not say. */
  readonly versions?: readonly string[];
}

/** What a plan is of: one operation on a network. */
export interface PlannedOperation {
  readonly network: NetworkConfig;
  readonly request: RequestOptions;
  /** Absent for GC. */
  readonly conf?: RuntimeConf;
}

/**
 * The plans of an ADD, in its order. A plugin is handed the result that the ones before it would give,
 * as long as all of them tell it.
 * @throws CniError of a plugin that tells its plan and refuses the call, and of one that is not found
 */
export async function planAdd(
  session: Session,
  network: NetworkConfig,
  conf: RuntimeConf,
): Promise<PluginPlan[]> {
  const { capabilityArgs = {} } = conf;
  const plans: PluginPlan[] = [];
  let prevResult: Result | undefined;
  for (const [position, plugin] of network.plugins.entries()) {
    const request = { operation: "ADD", capabilityArgs, ...defined({ prevResult }) } as const;
    const { plan, ...told } = await planOf(session, { network, request, conf }, plugin);
    plans.push(withoutRepeated(told, plans));
    const isKnown = position === 0 || prevResult !== undefined;
    prevResult = isKnown ? expectedResult(network, plan) : undefined;
  }
  return plans;
}

/** A namespace that is not there is printed once, and not for every plugin. */
function withoutRepeated(
  { steps, ...plan }: PluginPlan,
  before: readonly PluginPlan[],
): PluginPlan {
  const told = new Set(before.flatMap((each) => (each.steps ?? []).flatMap(refusalText)));
  const left = steps?.filter((step) => !refusalText(step).some((text) => told.has(text)));
  return { ...plan, ...defined({ steps: left }) };
}

function refusalText({ step, standing, now = "" }: PlannedStep): string[] {
  return standing === "refused" && step === "namespace" ? [now] : [];
}

/**
 * The plans of an operation that takes away, DEL or GC, in its order. What a plugin refuses is no
 * reason to stop.
 */
export async function planRemoval(
  session: Session,
  operation: PlannedOperation,
): Promise<PluginPlan[]> {
  const { network, request } = operation;
  const plans: PluginPlan[] = [];
  const order = request.operation === "DEL" ? network.plugins.toReversed() : network.plugins;
  for (const plugin of order) plans.push(await removalOf(session, operation, plugin));
  return plans;
}

async function removalOf(
  session: Session,
  operation: PlannedOperation,
  plugin: PluginConfig,
): Promise<PluginPlan> {
  const { type } = plugin;
  try {
    const { plan: _plan, ...told } = await planOf(session, operation, plugin);
    return told;
  } catch (error) {
    const { message: now } = CniError.from(error);
    const text = "what it would remove cannot be told";
    return { type, path: "", steps: [{ plugin: type, step: "", text, standing: "unknown", now }] };
  }
}

interface ToldPlan extends PluginPlan {
  readonly plan: Plan | undefined;
}

/** Asks a plugin, which asks the one that it hands its call on to. */
async function planOf(
  session: Session,
  operation: PlannedOperation,
  plugin: PluginConfig,
): Promise<ToldPlan> {
  const { type } = plugin;
  const path = findPlugin(type, session.dirs);
  const plan = await namingPlugin(type, async () => await ask(session, operation, plugin, path));
  const steps = plan?.steps.map((step) => ({ plugin: type, ...step }));
  const isOther = steps === undefined && !isOwn(path, session.io.program);
  const versions = isOther ? await versionsOf(session, type, path) : undefined;
  return { type, path, ...defined({ steps, versions }), plan };
}

async function versionsOf({ io }: Session, type: string, path: string): Promise<readonly string[]> {
  const { env, signal } = io;
  const request = { type, path, env, signal, timeoutMs: VERSION_MS };
  try {
    return (await getVersionInfo(ownExecutor(io.program), request)).supportedVersions;
  } catch {
    return [];
  }
}

async function ask(
  session: Session,
  operation: PlannedOperation,
  plugin: PluginConfig,
  path: string,
): Promise<Plan | undefined> {
  const { io } = session;
  const { type } = plugin;
  const isOurs = isOwn(path, io.program);
  // What stands now is for root alone.
  if (isOurs && io.isRoot === false) return await planInWords(session, operation, plugin);
  const {
    env,
    stdin,
    signal,
    executor = ownExecutor(io.program),
  } = callOf(session, operation, plugin);
  const question = {
    operation: operation.request.operation,
    type,
    path,
    env,
    stdin: await stdin(),
  };
  try {
    return await askPlan(executor, {
      ...question,
      onStderr: (text) => session.warn(`${type}: ${text.trimEnd()}`),
      ...defined({ signal }),
    });
  } catch (error) {
    const { code, message } = CniError.from(error);
    if (isOurs || code !== ErrorCode.INTERNAL) throw error;
    session.warn(`${type}: its plan has failed: ${message}`);
    return undefined;
  }
}

/** The steps of an ADD in words, of the plugin and of the one that gives the addresses. */
async function planInWords(
  session: Session,
  operation: PlannedOperation,
  plugin: PluginConfig,
): Promise<Plan | undefined> {
  if (operation.request.operation !== "ADD") return undefined;
  const ipam = field(plugin.json, "ipam");
  const delegate = isObject(ipam) ? field(ipam, "type") : undefined;
  const types = [
    plugin.type,
    ...(typeof delegate === "string" && delegate !== "" ? [delegate] : []),
  ];
  const steps: PlannedStep[] = [];
  for (const type of types) {
    if (!isOwn(findPlugin(type, session.dirs), session.io.program)) continue;
    const lines = await linesOf(type, callOf(session, operation, plugin));
    steps.push(...lines.map((line) => ({ plugin: type, ...stepInWords(line) })));
  }
  return { steps };
}

async function linesOf(type: string, call: PluginIo): Promise<readonly string[]> {
  const own = await PLUGINS.get(type)?.();
  return (await own?.plan?.(call)) ?? [];
}

/** `veth pair: eth0 in the container`, as plugins of kinds say it. */
function stepInWords(line: string): PlanStep {
  const at = line.indexOf(": ");
  const [step, text] = at === -1 ? ["", line] : [line.slice(0, at), line.slice(at + 2)];
  return { step, text, standing: "unknown" };
}

function callOf(
  { io, dirs }: Session,
  { network, request, conf }: PlannedOperation,
  plugin: PluginConfig,
): PluginIo {
  return {
    env: buildEnv(io.env, { operation: request.operation, ...conf, path: dirs }),
    stdin: () => requestDocument(network, plugin, request),
    stdout: () => {},
    stderr: (text) => io.stderr.write(text),
    signal: io.signal,
    executor: ownExecutor(io.program),
  };
}

/** In the version of the network; undefined where that has no place for it, as 0.2.0 for no address. */
function expectedResult({ cniVersion }: NetworkConfig, plan: Plan | undefined): Result | undefined {
  if (plan?.result === undefined) return undefined;
  try {
    return resultAs({ ...emptyResult(cniVersion), ...plan.result }, cniVersion);
  } catch {
    return undefined;
  }
}

/**
 * Whether the plugins would take the configuration, as ADD reads it: STATUS of a plugin need not look
 * at what only an ADD needs.
 * @throws CniError of the plugin
 */
export async function judgeConfiguration(session: Session, network: NetworkConfig): Promise<void> {
  const conf = { containerId: "none", netns: "/nonexistent", ifName: "eth0" };
  const request = { operation: "ADD", capabilityArgs: {} } as const;
  for (const plugin of network.plugins) {
    // What the configuration leaves out may come with the container.
    const isComplete = !Object.values(plugin.capabilities).includes(true);
    if (!isComplete || !isOwn(findPlugin(plugin.type, session.dirs), session.io.program)) continue;
    await namingPlugin(plugin.type, async () => {
      await planInWords(session, { network, request, conf }, plugin);
    });
  }
}

async function namingPlugin<T>(type: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, msg, details } = CniError.from(error);
    throw new CniError(code, `plugin type=${JSON.stringify(type)}: ${msg}`, {
      ...defined({ details }),
      cause: error,
    });
  }
}
