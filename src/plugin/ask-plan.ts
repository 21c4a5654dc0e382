/** Asks a plugin, by whatever executor runs it, what an operation would do. */
import { type Executor, type PluginCall, PluginFailure, runPlugin } from "../invoke/index.ts";
import {
  CniError,
  ENV,
  isObject,
  type JsonObject,
  LATEST,
  type Operation,
  parseJson,
  printJson,
} from "../spec/index.ts";
import { PLAN_OPERATION_VARIABLE, PLAN_VARIABLE, type Plan, planFromJson } from "./plan.ts";

/** The operation that is asked about, as the call of it would be; see `askPlan`. */
export interface PlanQuestion
  extends Pick<PluginCall, "type" | "path" | "stdin" | "env" | "signal" | "onStderr"> {
  /** ADD, DEL or GC. */
  readonly operation: Operation;
}

/** How long a plugin may take to tell its plan. */
const PATIENCE_MS = 10_000;

/**
 * What a plugin says that an operation would do to what stands now; undefined when it says nothing, as
 * a plugin does that does not know the question. It is asked in calls of VERSION, so that nothing
 * changes whatever plugin it is; and only one that says that it can tell has the operation's parameters,
 * since there are programs that take whatever they do not know for a DEL.
 * @throws the plugin's error where it would refuse the operation
 *
 * @example
 * ```ts
 * import { buildEnv, ProcessExecutor } from "hawser/invoke";
 * import { askPlan } from "hawser/plugin";
 *
 * const executor = new ProcessExecutor();
 * const plan = await askPlan(executor, {
 *   operation: "ADD",
 *   type: "hello",
 *   path: executor.find("hello", ["/opt/cni/bin"]),
 *   stdin: '{"cniVersion": "1.1.0", "name": "hellonet", "type": "hello"}',
 *   env: buildEnv({}, { operation: "ADD", containerId: "web-1", ifName: "eth0" }),
 * });
 * plan; // → undefined
 * ```
 */
export async function askPlan(
  executor: Executor,
  question: PlanQuestion,
): Promise<Plan | undefined> {
  if (!(await canTell(executor, question))) return undefined;
  const { operation, env, ...call } = question;
  const { comparison, refusal } = await ask(executor, {
    ...call,
    env: { ...env, [PLAN_VARIABLE]: "1", [PLAN_OPERATION_VARIABLE]: operation },
  });
  if (refusal !== undefined) throw CniError.fromJson(refusal);
  return planFromJson(comparison);
}

/** Whether a plugin says that it can tell of the operation. */
async function canTell(
  executor: Executor,
  { operation, env, ...call }: PlanQuestion,
): Promise<boolean> {
  try {
    const { plans } = await ask(executor, {
      ...call,
      stdin: printJson({ cniVersion: LATEST }),
      env: { ...env, ...NOTHING_MEANT, [PLAN_VARIABLE]: "ask" },
    });
    return Array.isArray(plans) && plans.includes(operation);
  } catch (error) {
    // One that cannot answer VERSION says so to the operation itself.
    if (error instanceof PluginFailure && !error.aborted) return false;
    throw error;
  }
}

/** Old plugins want parameters in a call of VERSION, too. */
const NOTHING_MEANT: Readonly<Record<string, string>> = {
  [ENV.CONTAINERID]: "dummy",
  [ENV.NETNS]: "dummy",
  [ENV.IFNAME]: "dummy",
  [ENV.PATH]: "dummy",
  [ENV.ARGS]: "",
};

async function ask(
  executor: Executor,
  call: Omit<PluginCall, "operation" | "timeoutMs">,
): Promise<JsonObject> {
  const env = { ...call.env, [ENV.COMMAND]: "VERSION" };
  const asked = { ...call, env, operation: "VERSION", timeoutMs: PATIENCE_MS } as const;
  const text = await runPlugin(executor, asked);
  try {
    const answer = parseJson(text);
    return isObject(answer) ? answer : {};
  } catch {
    return {};
  }
}
