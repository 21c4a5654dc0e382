import { dirname } from "node:path";
import { type Exchange, NotTried, type SceneOfCheck } from "../check.ts";
import type { SceneOptions } from "../run/index.ts";
import type { Json, JsonObject, Subject } from "../subject/index.ts";
import { type Machine, World } from "../world/index.ts";
import { type Answer, answerOf, expectResult, expectSuccess, isObject } from "./answer.ts";
import { bearAddresses, prepareChained, prepareWire } from "./chained.ts";
import type { Container } from "./container.ts";
import { filled, prepareHost } from "./host.ts";
import { IpamStub, STUB, STUB_DIR } from "./stub.ts";
import { highest } from "./versions.ts";

/** Where a check of a plugin acts: a host, containers, and the subject with a configuration that works. */

export interface CallOptions {
  /** Without one: no CNI_CONTAINERID, CNI_NETNS and CNI_IFNAME. */
  readonly container?: Container;
  /** Keys beside those that work; undefined takes a key away. */
  readonly config?: Readonly<Record<string, Json | undefined>>;
  /** In place of the configuration. */
  readonly stdin?: string | Uint8Array;
  /** Parameters beside those that work; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly keepsStdin?: boolean;
  readonly timeoutMs?: number;
}

export interface Added {
  readonly container: Container;
  readonly result: JsonObject;
}

export const NETWORK = "conformance";
const CALL_MS = 10_000;

export class PluginScene implements SceneOfCheck {
  readonly world: World;
  readonly subject: Subject;
  /** Of the specification; the highest that the subject has, unless the check is for another. */
  readonly version: string;
  readonly stub: IpamStub;
  readonly timeoutMs: number;
  readonly #transcript: Exchange[];
  #containers = 0;

  private constructor(world: World, subject: Subject, options: SceneOptions, log: Exchange[]) {
    this.world = world;
    this.subject = subject;
    this.version = options.version ?? highest(subject.versions) ?? "1.0.0";
    this.timeoutMs = options.timeoutMs ?? CALL_MS;
    this.stub = new IpamStub(world);
    this.#transcript = log;
  }

  static async create(
    machine: Machine,
    subject: Subject,
    options: SceneOptions = {},
  ): Promise<PluginScene> {
    const log: Exchange[] = [];
    const world = await World.create(machine, subject.directories ?? [], log);
    try {
      await prepareHost(world, subject);
      return new PluginScene(world, subject, options, log);
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  get transcript(): readonly Exchange[] {
    return this.#transcript;
  }

  damage(): string | undefined {
    return this.world.damage();
  }

  get ifName(): string {
    return this.subject.ifName ?? "eth0";
  }

  /** How many containers the subject can serve at once. */
  get places(): number {
    return this.subject.each?.length ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Makes a container; for a chained subject with the interface of a plugin before it.
   * @throws NotTried when the subject has no configuration for one more.
   */
  async container(name = "c1"): Promise<Container> {
    const index = this.#nextPlace();
    await this.world.must(["ip", "netns", "add", name], { silent: true });
    if (this.ifName !== "lo") {
      await this.world.must(["ip", "-n", name, "link", "set", "lo", "up"], { silent: true });
    }
    const netns = `/run/netns/${name}`;
    const bare = { name, netns, containerId: `conformance-${name}`, index, ifName: this.ifName };
    return await this.#furnished(bare);
  }

  /** Another interface of a container: an attachment of its own. */
  async secondInterface(
    { name, netns, containerId }: Container,
    ifName: string,
  ): Promise<Container> {
    return await this.#furnished({ name, netns, containerId, index: this.#nextPlace(), ifName });
  }

  #nextPlace(): number {
    const index = this.#containers++;
    if (index < this.places) return index;
    throw new NotTried(`it has configurations for ${this.places} containers only`);
  }

  /** With what is there before the subject comes. */
  async #furnished(bare: Container): Promise<Container> {
    const { kind, wired } = this.subject;
    if (kind === "chained") {
      return { ...bare, ...(await prepareChained(this.world, bare, bare.ifName, this.version)) };
    }
    if (wired !== undefined) await prepareWire(this.world, bare, wired);
    return bare;
  }

  /** The configuration that a runtime would send for this subject, without prevResult. */
  config(container?: Container): JsonObject {
    const { kind, type, each = [] } = this.subject;
    const place = each[container?.index ?? 0];
    const config = { ...this.subject.config, ...place?.config };
    const runtimeConfig = place?.runtimeConfig ?? this.subject.runtimeConfig;
    const head = { cniVersion: this.version, name: NETWORK };
    if (kind === "ipam") return { ...head, type: "conformance-main", ipam: { type, ...config } };
    const { ipam = kind === "interface" ? { type: STUB } : null } = this.subject;
    return {
      ...head,
      type,
      ...config,
      ...(ipam === null ? {} : { ipam }),
      ...(runtimeConfig === undefined ? {} : { runtimeConfig }),
    };
  }

  /** Calls the subject once, and says nothing of the answer. */
  async call(operation: string, options: CallOptions = {}): Promise<Answer> {
    const { container, stdin = this.#stdin(operation, options) } = options;
    const parameters = present({
      CNI_COMMAND: operation,
      CNI_CONTAINERID: container?.containerId,
      CNI_NETNS: container?.netns,
      CNI_IFNAME: container?.ifName,
      CNI_ARGS: container === undefined ? undefined : this.#args(container),
      CNI_PATH: this.pluginPath(),
      ...options.env,
    });
    const ended = await this.world.run([this.subject.path], {
      env: { ...this.subject.env, ...parameters },
      shownEnv: parameters,
      stdin,
      timeoutMs: options.timeoutMs ?? this.timeoutMs,
      ...(options.keepsStdin === undefined ? {} : { keepsStdin: options.keepsStdin }),
    });
    return answerOf(operation, ended);
  }

  /** ADD that has to succeed. */
  async add(container?: Container, options: CallOptions = {}): Promise<Added> {
    const to = container ?? (await this.container());
    const result = expectResult(await this.call("ADD", { ...options, container: to }));
    return await this.added(to, result);
  }

  /** What follows an ADD that has succeeded: the caller of an IPAM plugin sets the addresses. */
  async added(container: Container, result: JsonObject): Promise<Added> {
    if (this.subject.wired !== undefined) await bearAddresses(this.world, container, result);
    return { container, result };
  }

  /** DEL that has to succeed, with the result of the ADD. */
  async del({ container, result }: Added, options: CallOptions = {}): Promise<Answer> {
    const config = { prevResult: result, ...options.config };
    const answer = await this.call("DEL", { ...options, container, config });
    expectSuccess(answer);
    return answer;
  }

  /** CHECK with the result of the ADD; says nothing of the answer. */
  async check({ container, result }: Added, options: CallOptions = {}): Promise<Answer> {
    const config = { prevResult: result, ...options.config };
    return await this.call("CHECK", { ...options, container, config });
  }

  /** GC with these attachments valid. */
  async gc(valid: readonly Container[], options: CallOptions = {}): Promise<Answer> {
    const list = valid.map(({ containerId, ifName }) => ({
      containerID: containerId,
      ifname: ifName,
    }));
    const config = {
      "cni.dev/valid-attachments": list,
      "cni.dev/attachments": list,
      ...options.config,
    };
    return await this.call("GC", { ...options, config });
  }

  /** CNI_PATH. */
  pluginPath(): string {
    const { path, pluginDirs = [] } = this.subject;
    return [dirname(path), ...pluginDirs, STUB_DIR].join(":");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.world.isLost) {
      for (const command of this.subject.cleanup ?? []) {
        await this.world.run(filled(command, this.subject));
      }
    }
    await this.world[Symbol.asyncDispose]();
  }

  #args({ index }: Container): string | undefined {
    return this.subject.each?.[index]?.args ?? this.subject.args;
  }

  #stdin(operation: string, { config = {}, container }: CallOptions): string {
    if (operation === "VERSION") return JSON.stringify({ cniVersion: this.version, ...config });
    const prevResult = container?.prevResult;
    const isAttachment = operation === "ADD" || operation === "DEL" || operation === "CHECK";
    const own = this.config(container);
    const base = isAttachment
      ? { ...own, ...(prevResult === undefined ? {} : { prevResult }) }
      : without(own, "runtimeConfig");
    return JSON.stringify({ ...base, ...config });
  }
}

function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

function present(object: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The list under a key of a result; empty when there is none. */
export function listOf(result: JsonObject, key: string): readonly JsonObject[] {
  const list = result[key];
  return Array.isArray(list) ? list.filter(isObject) : [];
}
