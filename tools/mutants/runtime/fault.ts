import type { PluginAnswer, PluginCall } from "../../../src/invoke/index.ts";
import type { Runtime, RuntimeConf, RuntimeOptions } from "../../../src/runtime/index.ts";
import type { JsonObject, NetworkConfig, ValidAttachment } from "../../../src/spec/index.ts";

/** One deliberate fault of a runtime: Hawser's own, with one thing changed. */

/** What a runtime is asked to do. */
export interface Task {
  readonly operation: "ADD" | "DEL" | "CHECK" | "GC" | "STATUS";
  readonly configDir: string;
  readonly network: string;
  readonly pluginDirs: readonly string[];
  readonly cacheDir: string;
  readonly conf: RuntimeConf;
  readonly valid: readonly ValidAttachment[];
  /** The longest that one plugin may take. */
  readonly timeoutMs?: number;
}

/** One call of a plugin, as a fault sees it. */
export interface About {
  readonly task: Task;
  readonly list: NetworkConfig;
  /** CNI_COMMAND; DEL also where an ADD or a GC runs it. */
  readonly operation: string;
  /** How many calls of this operation were before it. */
  readonly index: number;
  /** The requests before it, of all operations. */
  readonly before: readonly JsonObject[];
}

/** What is wrong; each part may be left out. */
export interface Fault {
  readonly options?: Partial<RuntimeOptions>;
  /** The configuration that the runtime works with. */
  readonly list?: (list: NetworkConfig, task: Task) => NetworkConfig;
  readonly task?: (task: Task) => Task;
  /** The request of a plugin. */
  readonly request?: (request: JsonObject, about: About) => void;
  /** The environment of a plugin. */
  readonly env?: (env: Record<string, string>, about: About) => void;
  /** Does a call in another way. */
  readonly call?: (
    call: PluginCall,
    run: (call: PluginCall) => Promise<PluginAnswer>,
    about: About,
  ) => Promise<PluginAnswer>;
  /** Does the task in another way. */
  readonly instead?: (work: Work) => Promise<string>;
}

/** A task that is about to be done. */
export interface Work {
  readonly task: Task;
  readonly list: NetworkConfig;
  readonly runtime: Runtime;
  /** Does it; gives what is printed. */
  run(): Promise<string>;
}

/** A fault with its name. */
export interface RuntimeMutant {
  readonly name: string;
  readonly what: string;
  readonly fault: Fault;
}
