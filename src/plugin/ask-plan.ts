/** Asks a plugin, by whatever executor runs it, what an operation would do. */
import { type Executor, type PluginCall, runPlugin } from "../invoke/index.ts";
import { isObject, type Operation, parseJson } from "../spec/index.ts";
import {
  PLAN_OPERATION_VARIABLE,
  PLAN_VARIABLE,
  type Plan,
  planFromJson,
  stepOfLine,
} from "./plan.ts";

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
 * a plugin does that does not know the question. It is asked in a call of VERSION, so that nothing
 * changes whatever plugin it is.
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
  const { operation, env, ...call } = question;
  const text = await runPlugin(executor, {
    ...{ ...call, operation: "VERSION", timeoutMs: PATIENCE_MS },
    env: {
      ...env,
      CNI_COMMAND: "VERSION",
      [PLAN_VARIABLE]: "1",
      [PLAN_OPERATION_VARIABLE]: operation,
    },
  });
  const answer = parseJson(text);
  if (!isObject(answer)) return undefined;
  const { comparison, plan: lines } = answer;
  const plan = planFromJson(comparison);
  // A plugin that was made with an earlier release of the kit knows the lines of ADD alone.
  if (plan !== undefined || operation !== "ADD" || !Array.isArray(lines)) return plan;
  const steps = lines.flatMap((line) => (typeof line === "string" ? [stepOfLine(line)] : []));
  return { steps };
}
