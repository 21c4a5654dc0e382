/** What the plugins of a network would do on ADD, as far as they tell. */
import { defined } from "../base/index.ts";
import {
  buildEnv,
  findPlugin,
  type PluginIo,
  ProcessExecutor,
  runPlugin,
} from "../invoke/index.ts";
import { PLAN_VARIABLE } from "../plugin/index.ts";
import { isOwn, ownExecutor, PLUGINS } from "../plugins/registry/index.ts";
import type { RuntimeConf } from "../runtime/index.ts";
import {
  CniError,
  field,
  isObject,
  type NetworkConfig,
  type PluginConfig,
  parseJson,
  requestDocument,
} from "../spec/index.ts";
import type { Session } from "./session.ts";

/** How long another program may take to tell its plan. */
const PATIENCE_MS = 10_000;

/** A step of a plugin or of its delegate. */
export interface PlannedStep {
  readonly plugin: string;
  /** The kind of step, such as `veth pair`; empty where an author gives lines alone. */
  readonly step: string;
  readonly text: string;
}

/** What one plugin would do. */
export interface PluginPlan {
  readonly type: string;
  readonly path: string;
  /** Absent when the plugin is another program, which does not tell. */
  readonly steps?: readonly PlannedStep[];
}

/** Asks a plugin, and the IPAM plugin that it hands its call on to. */
export async function planOf(
  session: Session,
  network: NetworkConfig,
  plugin: PluginConfig,
  conf: RuntimeConf,
): Promise<PluginPlan> {
  const { type } = plugin;
  const path = findPlugin(type, session.dirs);
  try {
    const lines = await linesOf(session, type, path, callOf(session, network, plugin, conf));
    if (lines === undefined) return { type, path };
    const steps = lines.map((line) => stepOf(type, line));
    return { type, path, steps: [...steps, ...(await ipamSteps(session, network, plugin, conf))] };
  } catch (error) {
    const { code, msg, details } = CniError.from(error);
    throw new CniError(code, `plugin type=${JSON.stringify(type)}: ${msg}`, {
      ...defined({ details }),
      cause: error,
    });
  }
}

/** The plugin that gives the addresses is asked by itself: the other only names it. */
async function ipamSteps(
  session: Session,
  network: NetworkConfig,
  plugin: PluginConfig,
  conf: RuntimeConf,
): Promise<PlannedStep[]> {
  const ipam = field(plugin.json, "ipam");
  const type = isObject(ipam) ? field(ipam, "type") : undefined;
  if (typeof type !== "string" || type === "") return [];
  const path = findPlugin(type, session.dirs);
  const lines = await linesOf(session, type, path, callOf(session, network, plugin, conf));
  return (lines ?? []).map((line) => stepOf(type, line));
}

async function linesOf(
  { io }: Session,
  type: string,
  path: string,
  call: PluginIo,
): Promise<readonly string[] | undefined> {
  const own = isOwn(path, io.program) ? await PLUGINS.get(type)?.() : undefined;
  return own === undefined ? await askProgram(type, path, call) : await own.plan?.(call);
}

/**
 * Asks another program: one that was made with the kit adds its plan to its answer to VERSION, an
 * operation that changes nothing. Undefined for any other.
 */
async function askProgram(
  type: string,
  path: string,
  { env, stdin, signal }: PluginIo,
): Promise<readonly string[] | undefined> {
  try {
    const answer = await runPlugin(new ProcessExecutor(), {
      ...{ operation: "VERSION", type, path, stdin: await stdin(), timeoutMs: PATIENCE_MS },
      env: { ...env, CNI_COMMAND: "VERSION", [PLAN_VARIABLE]: "1" },
      ...(signal && { signal }),
    });
    const value = parseJson(answer);
    const plan = isObject(value) ? value["plan"] : undefined;
    if (!Array.isArray(plan)) return undefined;
    return plan.filter((line) => typeof line === "string");
  } catch {
    return undefined; // what it says about the call, it says to the ADD
  }
}

function callOf(
  { io, dirs }: Session,
  network: NetworkConfig,
  plugin: PluginConfig,
  conf: RuntimeConf,
): PluginIo {
  const { capabilityArgs = {} } = conf;
  return {
    env: buildEnv(io.env, { operation: "ADD", ...conf, path: dirs }),
    stdin: () => requestDocument(network, plugin, { operation: "ADD", capabilityArgs }),
    stdout: () => {},
    stderr: (text) => io.stderr.write(text),
    signal: io.signal,
    executor: ownExecutor(io.program),
  };
}

/** `veth pair: eth0 in the container`, as plugins of kinds say it. */
function stepOf(plugin: string, line: string): PlannedStep {
  const at = line.indexOf(": ");
  return at === -1
    ? { plugin, step: "", text: line }
    : { plugin, step: line.slice(0, at), text: line.slice(at + 2) };
}

/**
 * Whether the plugins would take the configuration, as ADD reads it: STATUS of a plugin need not look
 * at what only an ADD needs.
 * @throws CniError of the plugin
 */
export async function judgeConfiguration(session: Session, network: NetworkConfig): Promise<void> {
  const conf = { containerId: "none", netns: "/nonexistent", ifName: "eth0" };
  for (const plugin of network.plugins) {
    // What the configuration leaves out may come with the container.
    const isComplete = !Object.values(plugin.capabilities).includes(true);
    if (isComplete && isOwn(findPlugin(plugin.type, session.dirs), session.io.program)) {
      await planOf(session, network, plugin, conf);
    }
  }
}
