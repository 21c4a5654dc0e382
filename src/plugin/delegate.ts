/** Handing a call on to another plugin (specification, section 4). */
import { defined } from "../base/index.ts";
import { Delegation, type Executor, type PluginIo, type PluginTraits } from "../invoke/index.ts";
import { invalidConfig, type Operation, type Result } from "../spec/index.ts";
import { askPlan } from "./ask-plan.ts";
import {
  type DelegateChanges,
  isKnownTo,
  isSameCall,
  type OwnCall,
  requestOf,
  variablesOf,
  withValidOfAll,
} from "./delegate-request.ts";
import { type DelegatePart, type Delegates, makeDelegates } from "./delegates.ts";
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
  /**
   * The same with a configuration, an interface name, arguments, a result or variables of the plugin's
   * making in place of what it was called with. CHECK, GC and STATUS of a configuration whose version
   * does not know them do nothing, as in a runtime.
   */
  with(changes: DelegateChanges): Delegate;
  /** Several delegates, one after the other. */
  several(parts: readonly DelegatePart[]): Delegates;
}

const NO_TRAITS: PluginTraits = { releaseNeedsLink: false };

/** How long a DEL that cleans up may take, in milliseconds. */
const CLEANUP_MS = 30_000;

/** What the delegate calls of one call are made of. */
export interface DelegatingCall extends OwnCall {
  /** The plugin that delegates. */
  readonly plugin: string;
  readonly io: PluginIo;
  readonly operation: Operation;
  readonly executor: Executor;
}

/** Makes the delegate calls of one call. */
export function makeDelegate(own: DelegatingCall, changes: DelegateChanges = {}): Delegate {
  const { io, operation, executor } = own;
  const env = variablesOf(io.env, changes);
  const { signal, onStep, stderr, daemonServices } = io;
  const common = {
    ...{ executor, env, onStderr: stderr },
    ...defined({ onStep, daemonServices }),
  };
  const call = (type: string, as: Operation): Delegation => {
    refuseItself(own, changes, type);
    const stdin = requestOf(own, changes, type, as);
    const isCleanup = as === "DEL" && operation !== "DEL";
    return new Delegation({
      ...{ ...common, stdin },
      ...(isCleanup ? { timeoutMs: CLEANUP_MS } : defined({ signal })),
    });
  };
  const known = async (as: "CHECK" | "GC" | "STATUS", run: () => Promise<void>): Promise<void> => {
    if (isKnownTo(own, changes, as)) await run();
  };
  const changed = (more: DelegateChanges): Delegate =>
    makeDelegate(own, { ...changes, ...defined(more), env: { ...changes.env, ...more.env } });
  // Where a delegate lies does not depend on its request.
  const finder = new Delegation({ ...common, stdin: own.stdin });
  const find = async (type: string): Promise<string> => {
    refuseItself(own, changes, type);
    return await finder.find(type);
  };
  return {
    find,
    add: async (type) => await call(type, "ADD").add(type),
    del: async (type) => await call(type, "DEL").del(type),
    check: (type) => known("CHECK", () => call(type, "CHECK").check(type)),
    gc: (type) => known("GC", () => call(type, "GC").gc(type)),
    status: (type) => known("STATUS", () => call(type, "STATUS").status(type)),
    async plan(type) {
      const path = await find(type);
      const stdin = requestOf(own, changes, type, operation);
      const question = { ...common, stdin, operation, type, path };
      return await askPlan(executor, { ...question, ...defined({ signal }) });
    },
    traits: (type) => executor.traits?.(type) ?? NO_TRAITS,
    with: changed,
    several: (parts) =>
      makeDelegates(parts, {
        delegate: changed,
        prevResult: changes.prevResult ?? own.prevResult,
        forGc: (each) =>
          withValidOfAll(
            own,
            each.map((part) => ({ ...changes, ...defined(part), type: part.type })),
          ),
        log: (text) => io.stderr(`${text}\n`),
      }),
  };
}

/** A plugin that got its own request once more would hand it on once more, for ever. */
function refuseItself({ plugin }: DelegatingCall, changes: DelegateChanges, type: string): void {
  if (type !== plugin || !isSameCall(changes)) return;
  const msg = `plugin ${JSON.stringify(plugin)} is its own delegate, which would never end`;
  throw invalidConfig(
    msg,
    "the configuration has to name another plugin there, such as host-local",
  );
}
