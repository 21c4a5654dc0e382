import { defined, errorText } from "../base/index.ts";
import {
  CniError,
  ENV,
  type Environment,
  ErrorCode,
  field,
  isObject,
  JsonDocument,
  type JsonSource,
  type Operation,
  type Result,
} from "../spec/index.ts";
import { runForResult, runPlugin } from "./answer.ts";
import type { Executor, PluginCall } from "./executor.ts";
import { splitPath } from "./find.ts";

/** What a plugin delegates with: its own request, passed on as it came. */
export interface DelegateOptions
  extends Pick<PluginCall, "signal" | "timeoutMs" | "onStderr" | "onStep" | "daemonServices"> {
  readonly executor: Executor;
  /** The delegating plugin's environment; its `CNI_PATH` is searched. */
  readonly env: Environment;
  /** The delegating plugin's stdin; a delegate gets exactly this. */
  readonly stdin: JsonSource;
  /** How long the DEL after a failed ADD may take, in milliseconds; default 30,000. */
  readonly cleanupTimeoutMs?: number;
}

/**
 * Runs other plugins on a plugin's behalf (specification, section 4): the same environment but
 * for `CNI_COMMAND`, the same configuration. Errors are the delegate's own, each a `PluginFailure`;
 * a delegate that is not found is a CniError of code 50, and 4 without a `CNI_PATH`.
 *
 * @example
 * ```ts
 * import { buildEnv, Delegation, ProcessExecutor } from "hawser/invoke";
 *
 * const delegation = new Delegation({
 *   executor: new ProcessExecutor(),
 *   env: buildEnv(process.env, { operation: "ADD", path: ["/opt/cni/bin"] }),
 *   stdin: '{"cniVersion": "1.1.0", "name": "dbnet", "type": "bridge", "ipam": {"type": "hello"}}',
 * });
 * (await delegation.add("hello")).ips; // → [{ address: "10.1.0.2/16" }]
 * await delegation.del("hello"); // → undefined
 * ```
 */
export class Delegation {
  readonly #options: DelegateOptions;
  readonly #stdin: JsonDocument;

  constructor(options: DelegateOptions) {
    this.#options = options;
    this.#stdin = JsonDocument.from(options.stdin);
  }

  /**
   * ADD; when it fails the delegate is run again with DEL, and the error of ADD is thrown. A delegate
   * that refuses the call's parameters (code 4) has made nothing: what it has under that container
   * and interface is another ADD's, and stays; so is one that is not installed not run.
   */
  async add(type: string): Promise<Result> {
    const call = await this.#call("ADD", type);
    try {
      return await runForResult(this.#options.executor, call, versionOf(this.#stdin));
    } catch (error) {
      const { code } = CniError.from(error);
      if (code !== ErrorCode.INVALID_ENVIRONMENT_VARIABLES) await this.#takeBack(type);
      throw error;
    }
  }

  /** The delegate's executable; one that is not installed is a CniError of code 50. */
  async find(type: string): Promise<string> {
    const { executor, env } = this.#options;
    return await executor.find(type, splitPath(env[ENV.PATH] ?? ""));
  }

  /** DEL. */
  async del(type: string): Promise<void> {
    await this.#run("DEL", type);
  }

  /** CHECK; a difference that the delegate finds is its error. */
  async check(type: string): Promise<void> {
    await this.#run("CHECK", type);
  }

  /** GC. */
  async gc(type: string): Promise<void> {
    await this.#run("GC", type);
  }

  /** STATUS; a delegate that could not serve an ADD throws why. */
  async status(type: string): Promise<void> {
    await this.#run("STATUS", type);
  }

  async #takeBack(type: string): Promise<void> {
    const timeoutMs = this.#options.cleanupTimeoutMs ?? 30_000;
    try {
      // Not the caller's signal, which may be what ended ADD: the DEL has its own end.
      const { signal: _, ...call } = await this.#call("DEL", type);
      await runPlugin(this.#options.executor, { ...call, timeoutMs });
    } catch (error) {
      const text = errorText(error);
      this.#options.onStderr?.(`DEL of ${type} after its failed ADD failed too: ${text}\n`);
    }
  }

  async #run(operation: Operation, type: string): Promise<void> {
    await runPlugin(this.#options.executor, await this.#call(operation, type));
  }

  async #call(operation: Operation, type: string): Promise<PluginCall> {
    const { env, signal, timeoutMs, onStderr, onStep, daemonServices } = this.#options;
    const path = await this.find(type);
    return {
      operation,
      type,
      path,
      stdin: this.#stdin,
      env: { ...env, [ENV.COMMAND]: operation },
      ...(signal ? { signal } : {}),
      ...defined({ timeoutMs }),
      ...(onStderr ? { onStderr } : {}),
      ...(onStep ? { onStep } : {}),
      ...(daemonServices ? { daemonServices } : {}),
    };
  }
}

function versionOf({ value: config }: JsonDocument): string {
  const version = isObject(config) ? field(config, "cniVersion") : undefined;
  return typeof version === "string" ? version : "";
}
