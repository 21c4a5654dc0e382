import { join } from "node:path";
import { ProcessExecutor, type VersionInfo } from "../invoke/index.ts";
import {
  type Attachment,
  checkNetworkName,
  checkPluginType,
  type JsonObject,
  type NetworkConfig,
  type PluginConfig,
  parseNetworkConfig,
  type Result,
  upconvert,
  type ValidAttachment,
} from "../spec/index.ts";
import { add } from "./add.ts";
import { Cache, type CacheEntry } from "./cache/index.ts";
import { check, checkApplies } from "./check.ts";
import { acquire, attachmentOf, type Context } from "./context.ts";
import { del } from "./del.ts";
import { ChainError } from "./error.ts";
import { type GcReport, gc, staleEntries } from "./gc.ts";
import { bootId, Locks } from "./locks/index.ts";
import type { CallOptions, RuntimeConf, RuntimeOptions } from "./options.ts";
import { cachedResultOf } from "./result.ts";
import { status, validate, version } from "./validate.ts";

/** Where libcni remembers attachments, and we too unless told otherwise. */
export const DEFAULT_CACHE_DIR = "/var/lib/cni";

/** What is known of an attachment from its ADD. */
export interface CachedAttachment extends Attachment {
  readonly netns: string;
  readonly args: readonly (readonly [string, string])[];
  readonly capabilityArgs: JsonObject;
  /** The network's configuration at the time, JSON; drop-in plugins included. */
  readonly config?: string;
  /** When the ADD began; unknown for what libcni wrote. */
  readonly createdAt?: string;
  /** False while the ADD is under way, and for one that was killed. */
  readonly finished: boolean;
  /** True when the machine has booted since, so that nothing of it can be left in the kernel. */
  readonly earlierBoot: boolean;
}

/**
 * Runs networks: libcni's part of the specification (section 3). One object can be used for any
 * number of operations at the same time; those that must not run together wait for each other,
 * also across processes with the same cache directory.
 */
export class Runtime {
  readonly #context: Context;

  constructor(options: RuntimeOptions) {
    const cacheDir = options.cacheDir ?? DEFAULT_CACHE_DIR;
    this.#context = {
      options,
      executor: options.executor ?? new ProcessExecutor(),
      env: options.env ?? process.env,
      cache: new Cache(cacheDir, {
        fsync: options.fsync === true,
        ...(options.onWarning && { onWarning: options.onWarning }),
      }),
      locks: options.locks === false ? undefined : new Locks(join(cacheDir, "hawser-locks")),
      bootId: bootId(),
    };
  }

  /**
   * Attaches a container to a network and gives the result, in the version of the configuration.
   * Throws a `ChainError` when a plugin fails; what was done is then taken back.
   */
  async add(list: NetworkConfig, conf: RuntimeConf, call: CallOptions = {}): Promise<Result> {
    return await this.#locked("ADD", list, conf, call, (attachment) =>
      add(this.#context, list, conf, attachment, call),
    );
  }

  /**
   * Takes an attachment away. What is not there is no error, and neither is a cache that has lost
   * it. Throws a `ChainError` when a plugin fails (several: `ManyErrors`); the cache keeps it then.
   */
  async del(list: NetworkConfig, conf: RuntimeConf, call: CallOptions = {}): Promise<void> {
    await this.#locked("DEL", list, conf, call, (attachment) =>
      del(this.#context, list, conf, attachment, call),
    );
  }

  /** Whether an attachment is as its ADD left it; throws the plugin's error when it is not. */
  async check(list: NetworkConfig, conf: RuntimeConf, call: CallOptions = {}): Promise<void> {
    if (!checkApplies(list)) {
      return;
    }
    await this.#locked("CHECK", list, conf, call, (attachment) =>
      check(this.#context, list, conf, attachment, call),
    );
  }

  /**
   * Removes whatever belongs to none of the valid attachments of a network. The list is complete:
   * what it does not hold is removed.
   */
  async gc(
    list: NetworkConfig,
    valid: readonly ValidAttachment[],
    call: CallOptions = {},
  ): Promise<GcReport> {
    checkNetworkName(list.name);
    if (list.disableGC) {
      return { removed: [] };
    }
    return await gc(this.#context, list, valid, call);
  }

  /** What `gc` would remove of the attachments that are remembered. */
  staleAttachments(list: NetworkConfig, valid: readonly ValidAttachment[]): CachedAttachment[] {
    if (list.disableGC) {
      return [];
    }
    return staleEntries(this.#context, list, valid).map((entry) => this.#describe(entry));
  }

  /** Whether a network could serve an ADD now; throws the first plugin's error as it is. */
  async status(list: NetworkConfig, call: CallOptions = {}): Promise<void> {
    checkNetworkName(list.name);
    await status(this.#context, list, call);
  }

  /** Whether all plugins exist and support the network's version; gives their capabilities. */
  async validate(list: NetworkConfig, call: CallOptions = {}): Promise<string[]> {
    checkNetworkName(list.name);
    return await validate(this.#context, list, call);
  }

  /** The versions a plugin supports. */
  async version(type: string, call: CallOptions = {}): Promise<VersionInfo> {
    checkPluginType(type);
    return await version(this.#context, type, call);
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

  /** Configuration and parameters of an attachment's ADD; undefined when unknown. */
  cachedConfig(
    list: NetworkConfig,
    conf: RuntimeConf,
  ): { config: NetworkConfig; conf: RuntimeConf } | undefined {
    const entry = this.#context.cache.read(attachmentOf(list, conf));
    if (entry?.config === undefined) {
      return undefined;
    }
    const { netns, args, capabilityArgs } = entry;
    return {
      config: parseNetworkConfig(entry.config),
      conf: { ...conf, netns: netns || conf.netns, args, capabilityArgs },
    };
  }

  /** All attachments that are remembered, or those of one container. */
  cachedAttachments(containerId?: string): CachedAttachment[] {
    const all = this.#context.cache.list().map((entry) => this.#describe(entry));
    return containerId === undefined ? all : all.filter((one) => one.containerId === containerId);
  }

  #describe(entry: CacheEntry): CachedAttachment {
    const { attachment, result, bootId: boot, ...rest } = entry;
    return {
      ...attachment,
      netns: rest.netns,
      args: rest.args,
      capabilityArgs: rest.capabilityArgs,
      ...(rest.config === undefined ? {} : { config: rest.config }),
      ...(rest.createdAt === undefined ? {} : { createdAt: rest.createdAt }),
      finished: result !== undefined,
      earlierBoot: boot !== undefined && boot !== this.#context.bootId,
    };
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
    const release = await acquire(this.#context, claim, call);
    try {
      return await action(attachment);
    } finally {
      release();
    }
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
