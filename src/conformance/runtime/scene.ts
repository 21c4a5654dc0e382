import { type Exchange, Finding, type SceneOfCheck } from "../check.ts";
import { brief, ending } from "../plugin/answer.ts";
import { highest } from "../plugin/versions.ts";
import type { SceneOptions } from "../run/index.ts";
import type { Json, JsonObject } from "../subject/index.ts";
import { type Ended, type Machine, World } from "../world/index.ts";
import type { Ability, RuntimeFacts, RuntimeOperation } from "./adapter.ts";
import { Recorder } from "./recorder.ts";

/** Where a check of a runtime acts: a host, containers, a directory of networks, recorders as plugins. */

export const NETWORK = "confnet";
export const IFNAME = "eth0";
/** The plugins of a network, unless a check says otherwise. */
export const CHAIN = ["rec-a", "rec-b", "rec-c"] as const;

const HOME = "/run/conformance";
const CONF_DIR = `${HOME}/net.d`;
const PLUGIN_DIR = `${HOME}/plugins`;
const CACHE_DIR = `${HOME}/cache`;
const SCRATCH_DIR = `${HOME}/scratch`;
const CALL_MS = 20_000;
/** As long as the IDs of container runtimes are. */
const ID_LENGTH = 64;

export interface Container {
  readonly containerId: string;
  /** The path of its namespace; "" for a runtime that makes its own. */
  readonly netns: string;
}

/** An attachment that GC leaves alone, as the specification writes it. */
export interface Valid {
  readonly containerID: string;
  readonly ifname: string;
}

/** One attachment, and what goes with it. */
export interface CallOptions {
  readonly container?: Container;
  readonly network?: string;
  readonly ifName?: string;
  readonly args?: string;
  readonly capabilities?: JsonObject;
  /** For GC: those that stay. */
  readonly valid?: readonly Valid[];
  /** The longest that one plugin may take. */
  readonly timeoutSeconds?: number;
  /** Of the adapter, beside the parameters. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How an operation ended. */
export interface Reply extends Ended {
  readonly operation: RuntimeOperation;
  /** All that was printed. */
  readonly said: string;
}

/** A plugin of a network: its type, or the whole object. */
export type PlannedPlugin = string | JsonObject;

export class RuntimeScene implements SceneOfCheck {
  readonly world: World;
  readonly facts: RuntimeFacts;
  /** Of the specification; the highest that the runtime has, unless the check is for another. */
  readonly version: string;
  readonly recorder: Recorder;
  readonly #env: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #log: Exchange[];
  /** How many calls of plugins are in the transcript. */
  #told = 0;

  private constructor(
    world: World,
    facts: RuntimeFacts,
    options: RuntimeSceneOptions,
    log: Exchange[],
  ) {
    this.world = world;
    this.facts = facts;
    this.version = options.version ?? highest(facts.versions) ?? "1.0.0";
    this.#env = options.env ?? {};
    const own = facts.callSeconds === undefined ? CALL_MS : facts.callSeconds * 1000;
    this.#timeoutMs = options.timeoutMs ?? own;
    this.#log = log;
    this.recorder = new Recorder(world);
    for (const name of CHAIN) this.recorder.install(this.pluginDir, name, this.version);
    for (const dir of [this.confDir, SCRATCH_DIR]) world.write(`${dir}/.suite`, "");
  }

  static async create(
    machine: Machine,
    facts: RuntimeFacts,
    options: RuntimeSceneOptions = {},
  ): Promise<RuntimeScene> {
    const log: Exchange[] = [];
    const world = await World.create(machine, facts.directories, log);
    try {
      return new RuntimeScene(world, facts, options, log);
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The calls of the adapter, and what the recorders saw of them. */
  get transcript(): readonly Exchange[] {
    this.#tellCalls();
    return this.#log;
  }

  damage(): string | undefined {
    return this.world.damage();
  }

  get confDir(): string {
    return this.facts.confDir ?? CONF_DIR;
  }

  get pluginDir(): string {
    return this.facts.pluginDir ?? PLUGIN_DIR;
  }

  /** CNI_PATH as the runtime is to have it; \`second\` is empty until a check puts something there. */
  get pluginDirs(): readonly string[] {
    return this.can("pluginDirs") ? [this.pluginDir, `${HOME}/second`] : [this.pluginDir];
  }

  can(ability: Ability): boolean {
    return this.facts.abilities.includes(ability);
  }

  /** Makes a container; for a runtime that makes them itself, gives it a name. */
  async container(name = "c1"): Promise<Container> {
    const containerId = `conf-${name}-`.padEnd(ID_LENGTH, "0123456789abcdef");
    if (!this.can("netns")) return { containerId, netns: "" };
    await this.world.must(["ip", "netns", "add", name], { silent: true });
    return { containerId, netns: `/run/netns/${name}` };
  }

  /** Writes a file of a network; `keys` are those of the list, undefined takes one away. */
  network(
    plugins: readonly PlannedPlugin[] = CHAIN,
    keys: Readonly<Record<string, Json | undefined>> = {},
    file = `10-${NETWORK}.conflist`,
  ): void {
    const list = {
      ...{ cniVersion: this.version, name: NETWORK, plugins: plugins.map(asPlugin) },
      ...keys,
    };
    this.file(file, JSON.stringify(list, undefined, 2));
  }

  /** Writes a file in the directory of networks, as it is. */
  file(name: string, text: string): void {
    this.world.write(`${this.confDir}/${name}`, text);
  }

  /** Calls the adapter once, and says nothing of how it ended. */
  async call(operation: RuntimeOperation, options: CallOptions = {}): Promise<Reply> {
    const { container, args, capabilities, valid, timeoutSeconds } = options;
    const parameters = {
      CONF_NETWORK: options.network ?? NETWORK,
      CONF_CONFDIR: this.confDir,
      CONF_PLUGIN_DIRS: this.pluginDirs.join(":"),
      CONF_CACHE_DIR: CACHE_DIR,
      CONF_SCRATCH: SCRATCH_DIR,
      ...(container === undefined
        ? {}
        : {
            CONF_CONTAINER: container.containerId,
            CONF_NETNS: container.netns,
            CONF_IFNAME: options.ifName ?? IFNAME,
          }),
      ...(args === undefined ? {} : { CONF_ARGS: args }),
      ...(capabilities === undefined ? {} : { CONF_CAPABILITIES: JSON.stringify(capabilities) }),
      ...(operation === "gc" ? validParameters(valid ?? []) : {}),
      ...(timeoutSeconds === undefined ? {} : { CONF_TIMEOUT: String(timeoutSeconds) }),
    };
    const ended = await this.world.run([this.facts.path, operation], {
      env: { ...this.#env, ...options.env, ...parameters },
      shownEnv: { ...options.env, ...parameters },
      timeoutMs: this.#timeoutMs,
    });
    this.#tellCalls();
    return { ...ended, operation, said: ended.stdout + ended.stderr };
  }

  /** ADD that has to succeed; gives the container. */
  async add(options: CallOptions = {}): Promise<Container> {
    const container = options.container ?? (await this.container());
    expectDone(await this.call("add", { ...options, container }));
    return container;
  }

  /** Another operation that has to succeed. */
  async done(operation: RuntimeOperation, options: CallOptions = {}): Promise<Reply> {
    const reply = await this.call(operation, options);
    expectDone(reply);
    return reply;
  }

  /** Puts the calls of plugins behind that of the adapter which led to them. */
  #tellCalls(): void {
    const calls = this.recorder.exchanges().slice(this.#told);
    this.#told += calls.length;
    this.#log.push(...calls);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }
}

interface RuntimeSceneOptions extends SceneOptions {
  /** What the adapter inherits. */
  readonly env?: Readonly<Record<string, string>>;
}

/** As JSON, and in the words that a shell splits easily. */
function validParameters(valid: readonly Valid[]): Record<string, string> {
  const words = valid.map(({ containerID, ifname }) => `${containerID}:${ifname}`);
  return { CONF_VALID: JSON.stringify(valid), CONF_VALID_WORDS: words.join(" ") };
}

function asPlugin(planned: PlannedPlugin): JsonObject {
  return typeof planned === "string" ? { type: planned } : planned;
}

export function expectDone(reply: Reply, what = `the runtime's ${reply.operation}`): void {
  if (reply.exitCode === 0) return;
  throw new Finding({ expected: `${what} succeeds (exit code 0)`, came: ending(reply) });
}

/** Another exit code than 0, by itself and in time. */
export function expectFailure(reply: Reply, what = `the runtime's ${reply.operation}`): void {
  if (reply.exitCode !== undefined && reply.exitCode !== 0) return;
  throw new Finding({ expected: `${what} fails (exit code other than 0)`, came: ending(reply) });
}

/** What is printed with a failure has these words. */
export function expectSaid(reply: Reply, ...words: readonly string[]): void {
  for (const word of words) {
    if (reply.said.includes(word)) continue;
    throw new Finding({ expected: `the error says "${word}"`, came: brief(reply.said) });
  }
}
