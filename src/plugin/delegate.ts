/** Handing a call on to another plugin (specification, section 4). */
import { defined } from "../base/index.ts";
import { Delegation, type Executor, type PluginIo, type PluginTraits } from "../invoke/index.ts";
import type { Environment, JsonDocument, Operation, Result } from "../spec/index.ts";
import { askPlan } from "./ask-plan.ts";
import type { Plan } from "./plan.ts";

/**
 * Runs another plugin (an IPAM plugin, say) with the same environment and the same configuration,
 * found in CNI_PATH by its type. Its typed errors are thrown as they are, with their code.
 */
export interface Delegate {
  /**
   * The delegate's executable, for a plugin that has much to do before it delegates; one that is not
   * installed is a CniError of code 50.
   */
  find(type: string): Promise<string>;
  /**
   * ADD; when it fails the delegate is called with DEL before the error is thrown, unless it refused
   * the call's parameters (code 4) and so has made nothing.
   */
  add(type: string): Promise<Result>;
  /**
   * DEL. Within another operation it takes back what that one did, so it then also runs when the
   * caller has given up already.
   */
  del(type: string): Promise<void>;
  check(type: string): Promise<void>;
  gc(type: string): Promise<void>;
  status(type: string): Promise<void>;
  /**
   * What the delegate would do in the plugin's operation, ADD, DEL or GC, to what stands now; undefined
   * when it does not tell. Nothing is touched.
   * @throws the delegate's error where it would refuse the call
   */
  plan(type: string): Promise<Plan | undefined>;
  /** What is known of the plugin before it is called; of an unknown one all traits are false. */
  traits(type: string): PluginTraits;
  /** The same with some variables of the environment in place of the plugin's own. */
  withVariables(variables: Environment): Delegate;
}

const NO_TRAITS: PluginTraits = { releaseNeedsLink: false };

/** How long a DEL that cleans up may take, in milliseconds. */
const CLEANUP_MS = 30_000;

/** Makes the delegate calls of one call. */
export function makeDelegate(
  io: PluginIo,
  operation: Operation,
  stdin: JsonDocument,
  executor: Executor,
): Delegate {
  const { env, signal, onStep, stderr, daemonServices } = io;
  const common = {
    ...{ executor, env, stdin, onStderr: stderr },
    ...defined({ onStep, daemonServices }),
  };
  const delegation = new Delegation(signal === undefined ? common : { ...common, signal });
  const cleanup =
    operation === "DEL" ? delegation : new Delegation({ ...common, timeoutMs: CLEANUP_MS });
  return {
    find: (type) => delegation.find(type),
    add: (type) => delegation.add(type),
    del: (type) => cleanup.del(type),
    check: (type) => delegation.check(type),
    gc: (type) => delegation.gc(type),
    status: (type) => delegation.status(type),
    async plan(type) {
      const path = await delegation.find(type);
      return await askPlan(executor, { ...common, operation, type, path, ...defined({ signal }) });
    },
    traits: (type) => executor.traits?.(type) ?? NO_TRAITS,
    withVariables: (variables) =>
      makeDelegate({ ...io, env: { ...env, ...variables } }, operation, stdin, executor),
  };
}
