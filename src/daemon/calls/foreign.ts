import { isAbsolute, resolve } from "node:path";
import {
  type Executor,
  findPlugin,
  type PluginAnswer,
  type PluginCall,
  PluginFailure,
  ProcessExecutor,
} from "../../invoke/index.ts";
import { isOwnPath } from "../../kernel/netns/index.ts";
import { CniError, ENV, ErrorCode } from "../../spec/index.ts";
import { NESTED_VARIABLE } from "../environment.ts";

/** The longest answer of such a plugin that this process reads, in bytes; a process of its own reads more. */
const ANSWER_MAX = 256 * 1024;

/** Finds plugins as a process in `cwd` would, and runs those that are not Hawser's. */
export class ForeignExecutor implements Executor {
  readonly #cwd: string;
  readonly #netnsPath: string;
  readonly #tooLong: (reason: string) => void;
  readonly #processes: ProcessExecutor;

  /**
   * `netnsPath`: a path by which any process reaches the container's namespace. `tooLong` is called
   * when a plugin fails since it printed more than this process reads.
   */
  constructor(cwd: string, netnsPath: string, tooLong: (reason: string) => void) {
    this.#cwd = cwd;
    this.#netnsPath = netnsPath;
    this.#tooLong = tooLong;
    this.#processes = new ProcessExecutor({ cwd, maxStdoutBytes: ANSWER_MAX });
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
    try {
      return await this.#processes.run({ ...call, env });
    } catch (error) {
      const isTooLong = error instanceof PluginFailure && error.code === ErrorCode.DECODING_FAILURE;
      if (isTooLong) this.#tooLong(error.message);
      throw error;
    }
  }
}
