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

/** In the environment of programs that the daemon starts for a call: what they ask must not wait for it. */
export const NESTED_VARIABLE = "HAWSER_NESTED";

/** Finds plugins as a process in `cwd` would, and runs those of others. */
export class ForeignExecutor implements Executor {
  readonly #cwd: string;
  readonly #netnsPath: string;
  readonly #processes: ProcessExecutor;

  /** `netnsPath`: by which any process reaches the container's namespace. */
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
      if (!(error instanceof CniError) || error.code !== ErrorCode.PLUGIN_NOT_AVAILABLE)
        throw error;
      // The caller knows his directories by the names that he gave.
      const msg = `failed to find plugin ${JSON.stringify(type)} in path [${paths.join(" ")}]`;
      throw new CniError(error.code, msg);
    }
  }

  async run(call: PluginCall): Promise<PluginAnswer> {
    const netns = call.env[ENV.NETNS] ?? "";
    // What is the caller's own means another thing to a process that the daemon starts.
    const own = isOwnPath(netns) ? { [ENV.NETNS]: this.#netnsPath } : {};
    const env = { ...call.env, ...own, [NESTED_VARIABLE]: "1" };
    return await this.#processes.run({ ...call, env });
  }
}
