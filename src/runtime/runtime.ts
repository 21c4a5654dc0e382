import { join } from "node:path";
import { ProcessExecutor, type VersionInfo } from "../invoke/index.ts";
import { bootId, Locks } from "../locks/index.ts";
import {
  type Attachment,
  checkNetworkName,
  checkPluginType,
  checkValidAttachment,
  type Environment,
  type NetworkConfig,
  type PluginConfig,
  type Result,
  upconvert,
  type ValidAttachment,
} from "../spec/index.ts";
import { add } from "./add.ts";
import { Cache } from "./cache/index.ts";
import { type CachedAttachment, describe } from "./cached.ts";
import { check, checkApplies, checkEach, networkToCheck, type PluginCheck } from "./check.ts";
import { abortable, acquire, attachmentOf, type Context, checkNetwork } from "./context.ts";
import { del } from "./del.ts";
import { effectiveConfig } from "./effective.ts";
import { ChainError } from "./error.ts";
import { type GcReport, gc, type NetworkGc, staleOf } from "./gc.ts";
import { rememberedNetwork } from "./network-of-add.ts";
import { withQuietObservers } from "./observers.ts";
import type { CallOptions, RuntimeConf, RuntimeOptions } from "./options.ts";
import { cachedResultOf } from "./result.ts";
import { status, validate, version } from "./validate.ts";

/** Where libcni remembers attachments, and the default here. */
export const DEFAULT_CACHE_DIR = "/var/lib/cni";

/**
 * Runs networks: libcni's part of the specification (section 3). One object can be used for any
 * number of operations at the same time; those that must not run together wait for each other,
 * also across processes with the same cache directory.
 *
 * @example
 * ```ts
 * import { loadNetwork, Runtime } from "hawser/runtime";
 *
 * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
 * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
 * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
 *
 * await runtime.status(config); // → undefined
 * const result = await runtime.add(config, conf, { signal: AbortSignal.timeout(30_000) });
 * result.ips[0]?.address; // → "10.1.0.2/16"
 * await runtime.check(config, conf); // → undefined
 * await runtime.del(config, conf); // → undefined
 * runtime.cachedAttachments(); // → []
 * ```
 */
export class Runtime {
  readonly #context: Context;

  constructor(given: RuntimeOptions) {
    const options = withQuietObservers(given);
    const cacheDir = options.cacheDir ?? DEFAULT_CACHE_DIR;
    this.#context = {
      options,
      executor: options.executor ?? new ProcessExecutor(),
      // A copy: reading the process's own costs a good part of a millisecond for each plugin.
      env: options.env ?? { ...process.env },
      cache: new Cache(cacheDir, {
        fsync: options.fsync === true,
        ...(options.onWarning && { onWarning: options.onWarning }),
      }),
      locks: options.locks === false ? undefined : new Locks(join(cacheDir, "hawser-locks")),
      bootId: bootId(),
    };
  }

  /**
   * Attaches a container to a network (section 3, adding an attachment) and gives the result, in the
   * version of the configuration.
   * @throws `ChainError` when a plugin fails, a `CacheWriteError` when it cannot be remembered
   *   (what was done is then taken back), an `AlreadyAttachedError`, and a CniError of code 3, 4 or
   *   7 for a name that is none
   */
  async add(list: NetworkConfig, conf: RuntimeConf, call: CallOptions = {}): Promise<Result> {
    return await this.#locked("ADD", list, conf, call, (attachment) =>
      add(this.#context, list, conf, attachment, call),
    );
  }

  /**
   * Takes an attachment away (section 3, deleting an attachment), by the configuration that its ADD
   * had where that is remembered. What is not there is no error, and neither is a cache that has lost it.
   * @throws `ChainError` when a plugin fails (several: `ManyErrors`); the cache keeps it then
   */
  async del(list: NetworkConfig, conf: RuntimeConf, call: CallOptions = {}): Promise<void> {
    await this.#locked("DEL", list, conf, call, (attachment) =>
      del(this.#context, list, conf, attachment, call),
    );
  }

  /**
   * Whether an attachment is as its ADD left it (section 3, checking an attachment), by the
   * configuration of that ADD; throws the plugin's error when it is not, a `CheckNotSupportedError` for a configuration before 0.4.0.
   */
  async check(list: NetworkConfig, conf: RuntimeConf, call: CallOptions = {}): Promise<void> {
    if (!checkApplies(list)) return;
    await this.#locked("CHECK", list, conf, call, (attachment) =>
      check(this.#context, list, conf, attachment, call),
    );
  }

  /**
   * CHECK of every plugin of a remembered attachment, past failures, by the configuration, namespace
   * and arguments of its ADD: what each plugin says, with more variables in its environment. Plugins
   * of Hawser put back what they miss when a variable asks for it, see `hawser sync`.
   * @throws CniError where the attachment cannot be checked at all, as `check` does
   *
   * @example
   * ```ts
   * import { loadNetwork, Runtime } from "hawser/runtime";
   *
   * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
   * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
   * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
   * await runtime.add(config, conf);
   * const attachment = { network: "hellonet", containerId: "web-1", ifName: "eth0" };
   * const checks = await runtime.checkEach(attachment, { HAWSER_REPAIR: "dry-run" });
   * checks.map(({ type, error }) => [type, error]); // → [["hello", undefined], ["hello", undefined]]
   * await runtime.del(config, conf);
   * ```
   */
  async checkEach(
    { network, containerId, ifName }: Attachment,
    variables: Environment = {},
    call: CallOptions = {},
  ): Promise<PluginCheck[]> {
    const conf = { containerId, ifName, netns: "" };
    const entry = this.#context.cache.read({ network, containerId, ifName });
    const list = networkToCheck(network, entry);
    if (!checkApplies(list)) return [];
    return await this.#locked("CHECK", list, conf, call, (attachment) =>
      checkEach(this.#context, list, conf, attachment, { ...call, variables }),
    );
  }

  /**
   * Removes whatever belongs to none of the valid attachments of a network (section 3, garbage
   * collection). The list is complete: what it does not hold is removed. Goes on after errors, and
   * throws them at the end as `ManyErrors`.
   *
   * @example
   * ```ts
   * import { loadNetwork, Runtime } from "hawser/runtime";
   *
   * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
   * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
   * await runtime.add(config, { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" });
   * await runtime.add(config, { containerId: "web-2", netns: "/run/netns/web-2", ifName: "eth0" });
   *
   * const { removed } = await runtime.gc(config, [{ containerId: "web-2", ifName: "eth0" }]);
   * removed; // → [{ network: "hellonet", containerId: "web-1", ifName: "eth0" }]
   * ```
   */
  async gc(
    list: NetworkConfig,
    valid: readonly ValidAttachment[],
    call: CallOptions = {},
  ): Promise<GcReport> {
    const [report] = await this.gcNetworks([{ list, valid }], call);
    return report ?? { removed: [] };
  }

  /**
   * The same for several networks, whose attachments are read from the disk once for all of them; a
   * report for each, in their order. Goes on after errors, and throws them at the end as `ManyErrors`.
   *
   * @example
   * ```ts
   * import { loadNetworks, Runtime } from "hawser/runtime";
   *
   * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
   * const { networks } = loadNetworks("/etc/cni/net.d");
   * const reports = await runtime.gcNetworks(
   *   networks.map(({ config }) => ({ list: config, valid: [] })),
   * );
   * reports; // → [{ removed: [] }, { removed: [] }]
   * ```
   */
  async gcNetworks(networks: readonly NetworkGc[], call: CallOptions = {}): Promise<GcReport[]> {
    for (const { list, valid } of networks) {
      checkNetwork(list);
      for (const [index, one] of valid.entries()) checkValidAttachment(one, index);
    }
    return await abortable("GC", call, () => gc(this.#context, networks, call));
  }

  /** What `gc` would remove of the attachments that are remembered. */
  staleAttachments(list: NetworkConfig, valid: readonly ValidAttachment[]): CachedAttachment[] {
    if (list.disableGC) return [];
    const entries = this.#context.cache.list();
    return staleOf(entries, { list, valid }).map((entry) => describe(entry, this.#context.bootId));
  }

  /**
   * Whether a network could serve an ADD now (section 2, STATUS); throws the first plugin's error as
   * it is. A configuration before 1.1.0 cannot be asked, and counts as able.
   */
  async status(list: NetworkConfig, call: CallOptions = {}): Promise<void> {
    checkNetwork(list);
    await abortable("STATUS", call, () => status(this.#context, list, call));
  }

  /**
   * Whether all plugins exist (else code 50) and support the network's version (else code 1); gives
   * the capabilities they declare, sorted. Several errors are thrown as `ManyErrors`.
   *
   * @example
   * ```ts
   * import { Runtime } from "hawser/runtime";
   * import { parseNetworkConfig } from "hawser/spec";
   *
   * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
   * const plugins = '[{"type": "hello", "capabilities": {"mac": true}}]';
   * const list = parseNetworkConfig(`{"cniVersion": "1.1.0", "name": "n", "plugins": ${plugins}}`);
   * await runtime.validate(list); // → ["mac"]
   * ```
   */
  async validate(list: NetworkConfig, call: CallOptions = {}): Promise<string[]> {
    checkNetwork(list);
    return await abortable("VERSION", call, () => validate(this.#context, list, call));
  }

  /**
   * The versions a plugin supports (section 2, VERSION).
   * @throws CniError as `findPlugin` and `getVersionInfo` do
   *
   * @example
   * ```ts
   * import { Runtime } from "hawser/runtime";
   *
   * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
   * (await runtime.version("hello")).supportedVersions; // → ["1.0.0", "1.1.0"]
   * ```
   */
  async version(type: string, call: CallOptions = {}): Promise<VersionInfo> {
    checkPluginType(type);
    return await abortable("VERSION", call, () => version(this.#context, type, call));
  }

  /** ADD of a single plugin, whose object names network and version; its error is not wrapped. */
  async addPlugin(plugin: PluginConfig, conf: RuntimeConf, call?: CallOptions): Promise<Result> {
    return await unwrapped(this.add(upconvert(plugin), conf, call));
  }

  /** DEL of a single plugin. */
  async delPlugin(plugin: PluginConfig, conf: RuntimeConf, call?: CallOptions): Promise<void> {
    await unwrapped(this.del(upconvert(plugin), conf, call));
  }

  /** CHECK of a single plugin. */
  async checkPlugin(plugin: PluginConfig, conf: RuntimeConf, call?: CallOptions): Promise<void> {
    await this.check(upconvert(plugin), conf, call);
  }

  /** Validates a single plugin. */
  async validatePlugin(plugin: PluginConfig, call?: CallOptions): Promise<string[]> {
    return await this.validate(upconvert(plugin), call);
  }

  /** The result of an attachment's ADD, in the version of the list; undefined when unknown. */
  cachedResult(list: NetworkConfig, conf: RuntimeConf): Result | undefined {
    const entry = this.#context.cache.read(attachmentOf(list, conf));
    return cachedResultOf(list, entry);
  }

  /**
   * Configuration and parameters of an attachment's ADD; undefined when unknown.
   *
   * @example
   * ```ts
   * import { loadNetwork, Runtime } from "hawser/runtime";
   *
   * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
   * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
   * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
   * runtime.cachedConfig(config, conf); // → undefined
   * await runtime.add(config, { ...conf, args: [["IgnoreUnknown", "1"]] });
   * runtime.cachedConfig(config, conf)?.conf.args; // → [["IgnoreUnknown", "1"]]
   * runtime.cachedResult(config, conf)?.ips; // → [{ address: "10.1.0.2/16" }]
   * ```
   */
  cachedConfig(
    list: NetworkConfig,
    conf: RuntimeConf,
  ): { config: NetworkConfig; conf: RuntimeConf } | undefined {
    const entry = this.#context.cache.read(attachmentOf(list, conf));
    if (entry?.config === undefined) return undefined;
    const { config, netns, args, capabilityArgs } = entry;
    return {
      config: config === effectiveConfig(list) ? list : rememberedNetwork(config),
      conf: { ...conf, netns: netns || conf.netns, args, capabilityArgs },
    };
  }

  /**
   * The configuration of a network whose file is gone: that of the latest ADD which is remembered.
   * CHECK, DEL and GC work with it, each attachment by its own. Undefined when none is known.
   *
   * @example
   * ```ts
   * import { loadNetwork, Runtime } from "hawser/runtime";
   *
   * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
   * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
   * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
   * await runtime.add(config, conf);
   * const remembered = runtime.cachedNetwork("hellonet");
   * remembered?.plugins.map(({ type }) => type); // → ["hello", "hello"]
   * if (remembered) await runtime.del(remembered, conf);
   * runtime.cachedNetwork("hellonet"); // → undefined
   * ```
   */
  cachedNetwork(name: string): NetworkConfig | undefined {
    checkNetworkName(name);
    const texts = this.#context.cache
      .list()
      .filter(({ attachment }) => attachment.network === name)
      .sort((one, other) => (other.createdAt ?? "").localeCompare(one.createdAt ?? ""))
      .flatMap(({ config }) => config ?? []);
    for (const text of texts) {
      try {
        return rememberedNetwork(text);
      } catch {
        // An older one may be whole.
      }
    }
    return undefined;
  }

  /** All attachments that are remembered, or those of one container. */
  cachedAttachments(containerId?: string): CachedAttachment[] {
    const all = this.#context.cache.list().map((entry) => describe(entry, this.#context.bootId));
    return containerId === undefined ? all : all.filter((one) => one.containerId === containerId);
  }

  async #locked<T>(
    operation: "ADD" | "DEL" | "CHECK",
    list: NetworkConfig,
    conf: RuntimeConf,
    call: CallOptions,
    action: (attachment: Attachment) => Promise<T>,
  ): Promise<T> {
    const attachment = attachmentOf(list, conf);
    const containerIds = [conf.containerId];
    const claim = { operation, network: list.name, containerIds };
    return await abortable(operation, call, async () => {
      const release = await acquire(this.#context, claim, call);
      try {
        return await action(attachment);
      } finally {
        release();
      }
    });
  }
}

/** The plugin's own error instead of the one that tells its place in the list. */
async function unwrapped<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw error instanceof ChainError ? error.plugin : error;
  }
}
