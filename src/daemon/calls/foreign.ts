import { isAbsolute, resolve } from "node:path";
import {
  type Executor,
  findPlugin,
  type PluginAnswer,
  type PluginCall,
  ProcessExecutor,
} from "../../invoke/index.ts";
import { isOwnPath } from "../../kernel/netns/index.ts";
import { CniError, ENV, ErrorCode } from "../../spec/index.ts";
import { NESTED_VARIABLE } from "../environment.ts";

/** Finds plugins as a process in `cwd` would, and runs those that are not Hawser's. */
export class ForeignExecutor implements Executor {
  readonly #cwd: string;
  readonly #netnsPath: string;
  readonly #processes: ProcessExecutor;

  /** `netnsPath`: a path by which any process reaches the container's namespace. */
  constructor(cwd: string, netnsPath: string) {
    this.#cwd = cwd;
    this.#netnsPath = netnsPath;
    this.#processes = new ProcessExecutor({ cwd });
  }

  find(type: string, paths: readonly string[]): string {
    if (paths.every((path) => isAbsolute(path))) return findPlugin(type, paths);
    try {
      return findPlugin(
        type,
        paths.map((path) => resolve(this.#cwd, path)),
      );
    } catch (error) {
      if (!(error instanceof CniError) || error.code !== ErrorCode.PLUGIN_NOT_AVAILABLE) {
        throw error;
      }
      // The error names the directories as the caller did.
      const msg = `failed to find plugin ${JSON.stringify(type)} in path [${paths.join(" ")}]`;
      throw new CniError(error.code, msg);
    }
  }

  async run(call: PluginCall): Promise<PluginAnswer> {
    const netns = call.env[ENV.NETNS] ?? "";
    // A path of /proc/self means another namespace to a process that the daemon starts.
    const own = isOwnPath(netns) ? { [ENV.NETNS]: this.#netnsPath } : {};
    const env = { ...call.env, ...own, [NESTED_VARIABLE]: "1" };
    return await this.#processes.run({ ...call, env });
  }
}
