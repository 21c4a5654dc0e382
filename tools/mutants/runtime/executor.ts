import {
  type Executor,
  findPlugin,
  type PluginAnswer,
  type PluginCall,
  ProcessExecutor,
} from "../../../src/invoke/index.ts";
import {
  isObject,
  JsonDocument,
  type JsonObject,
  type NetworkConfig,
} from "../../../src/spec/index.ts";
import type { About, Fault, Task } from "./fault.ts";

/** Runs plugins as processes, with a fault between the runtime and them. */
export class SpoiledExecutor implements Executor {
  readonly #plain = new ProcessExecutor();
  readonly #fault: Fault;
  readonly #task: Task;
  readonly #list: NetworkConfig;
  readonly #before: JsonObject[] = [];
  readonly #counts = new Map<string, number>();

  constructor(fault: Fault, task: Task, list: NetworkConfig) {
    this.#fault = fault;
    this.#task = task;
    this.#list = list;
  }

  find(type: string, paths: readonly string[]): string {
    return findPlugin(type, paths);
  }

  async run(call: PluginCall): Promise<PluginAnswer> {
    const { value } = JsonDocument.from(call.stdin);
    const request: JsonObject = isObject(value) ? { ...value } : {};
    const env = Object.fromEntries(
      Object.entries(call.env).flatMap(([name, text]) =>
        text === undefined ? [] : [[name, text]],
      ),
    ) as Record<string, string>;
    const about = this.#about(call.operation);
    this.#before.push({ ...request });
    this.#fault.request?.(request, about);
    this.#fault.env?.(env, about);
    const changed: PluginCall = { ...call, stdin: JsonDocument.ofValue(request), env };
    const run = (one: PluginCall): Promise<PluginAnswer> => this.#plain.run(one);
    return await (this.#fault.call?.(changed, run, about) ?? run(changed));
  }

  #about(operation: string): About {
    const index = this.#counts.get(operation) ?? 0;
    this.#counts.set(operation, index + 1);
    const before = [...this.#before];
    return { task: this.#task, list: this.#list, operation, index, before };
  }
}
