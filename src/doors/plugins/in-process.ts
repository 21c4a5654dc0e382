import type { PluginAnswer, PluginCall, PluginEntry, PluginTraits } from "../../invoke/index.ts";
import { type Executor, InProcessExecutor } from "../../invoke/index.ts";
import type { Plugin } from "../../plugin/index.ts";
import { PLUGINS, traitsOf } from "../../plugins/registry/index.ts";
import { CniError, ENV, ErrorCode } from "../../spec/index.ts";

/** What stands for the directory of the plugins inside this program: no search looks there. */
const INSIDE = "hawser/plugins";

/** What an `InProcessPlugins` has beside the package's plugins. */
export interface InProcessPluginsOptions {
  /** Further plugins by their types; one of them takes the place of a plugin of the package. */
  readonly plugins?: Readonly<Record<string, Plugin>>;
  /**
   * Finds and runs the plugins of all other types, as `new ProcessExecutor()` does. Without it they are
   * not there (CniError of code 50), and no program is ever started.
   */
  readonly others?: Executor;
}

/**
 * Runs the package's plugins as functions of this program: nothing has to be installed and no process
 * is started, also for the plugins that they delegate to. They work in the network namespace of the
 * calling thread, as the host's, and in that of `CNI_NETNS`.
 *
 * @example
 * ```ts
 * import { InProcessPlugins } from "hawser/plugins";
 * import { networkFrom, Runtime } from "hawser/runtime";
 *
 * const runtime = new Runtime({
 *   pluginDirs: [],
 *   cacheDir: "/var/lib/cni",
 *   executor: new InProcessPlugins(),
 * });
 * const ranges = [[{ subnet: "10.1.0.0/24" }]];
 * const ipam = { type: "host-local", ranges, dataDir: "/var/lib/cni/networks" };
 * const plugins = [{ type: "bridge", isGateway: true, ipam }];
 * const network = networkFrom({ cniVersion: "1.1.0", name: "dbnet", plugins });
 * const container = { containerId: "web-1", netns: "/run/netns/blue", ifName: "eth0" };
 * (await runtime.add(network, container)).ips[0]?.address; // → "10.1.0.2/24"
 * await runtime.del(network, container); // → undefined
 * ```
 */
export class InProcessPlugins implements Executor {
  readonly #executor: InProcessExecutor;

  constructor({ plugins = {}, others }: InProcessPluginsOptions = {}) {
    const own = (type: string): Plugin | undefined =>
      Object.hasOwn(plugins, type) ? plugins[type] : undefined;
    this.#executor = new InProcessExecutor({
      plugins: async (type): Promise<PluginEntry | undefined> =>
        (own(type) ?? (await PLUGINS.get(type)?.()))?.entry,
      isOwn: (path) => path.startsWith(`${INSIDE}/`),
      traits: (type) => traitsOf(type) ?? others?.traits?.(type),
      fallback: {
        find(type, paths) {
          if (own(type) !== undefined || PLUGINS.has(type)) return `${INSIDE}/${type}`;
          const dirs = paths.filter((path) => path !== INSIDE);
          return others === undefined ? absent(type) : others.find(type, dirs);
        },
        run: async (call) => await (others ?? NONE).run(call),
      },
    });
  }

  /**
   * What stands for the executable of a plugin inside, or what `others` finds.
   * @throws CniError of code 50 for a type that nothing here has
   */
  find(type: string, paths: readonly string[]): Promise<string> | string {
    return this.#executor.find(type, paths);
  }

  /** What is known of the plugins of a type, without loading one. */
  traits(type: string): PluginTraits | undefined {
    return this.#executor.traits(type);
  }

  /**
   * Calls the plugin's function, or has `others` run it.
   * @throws `PluginFailure` when it took too long or was aborted (code 11), or threw (999)
   */
  async run(call: PluginCall): Promise<PluginAnswer> {
    // Plugins ask for a CNI_PATH, as those of others do; where all are inside there is none.
    const env = call.env[ENV.PATH] === "" ? { ...call.env, [ENV.PATH]: INSIDE } : call.env;
    return await this.#executor.run({ ...call, env });
  }
}

const NONE: Pick<Executor, "run"> = { run: ({ type }) => absent(type) };

function absent(type: string): never {
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `this program has no plugin ${JSON.stringify(type)}`,
    { advice: 'give it by "plugins", or have "others" look for executables' },
  );
}
