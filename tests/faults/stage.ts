import type { InProcessExecutor } from "../../src/invoke/index.ts";
import { runPlugin } from "../support/chain.ts";
import { ownEnvironment, type RunAnswer } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { ownPlugins } from "../support/own-plugins.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { diff, type Snapshot } from "../support/snapshot.ts";
import type { Answer } from "./judge.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** One call of a plugin; what is left out gets a value that is right. */
export interface Call {
  readonly type: string;
  readonly command?: string;
  /** An object, or the very text. */
  readonly config: JsonObject | string;
  readonly containerId?: string;
  readonly netns?: string;
  readonly ifName?: string;
  readonly args?: string;
  /** More variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Files with which a plugin works, and that say nothing about any attachment. */
const WORKING: readonly RegExp[] = [
  // host-local: directory, lock, hint of the last address, where it writes aside, its register.
  /^[+-] file: \/var\/lib\/cni\/networks\/([\w.-]+\/)?$/,
  /^[+-] file: \/var\/lib\/cni\/networks\/\.hawser\/[\w.-]+ 600 /,
  /^[+-] file: \/var\/lib\/cni\/networks\/[\w.-]+\/(lock|last_reserved_ip\.\d+) /,
  // cluster: the same for its reservations; what the node has of the fleet's network, and the store.
  /^[+-] file: \/run\/cni\/cluster\/[\w.-]+\/(\.tmp\/|\.hawser\/|\.hawser\/reservations 600 )/,
  /^[+-] file: \/run\/cni\/cluster\/[\w.-]+\/reservations\/(lock|last_reserved_ip\.\d+) /,
  /^[+-] file: \/run\/cni\/cluster\/[\w.-]+\/(member\.lock|node\.json|picture\.json) 600 /,
  /^[+-] file: \/run\/cni\/store\/(log-\d+|snapshot|lock|machine) 600 /,
  /^[+-] file: \/run\/hawser\/cluster\/[\w.-]+\.json 600 /,
  // Directories of owner records, of backups and of the runtime, when nothing is in them.
  /^[+-] file: \/run\/(hawser|cni)\/([a-z-]+\/)*$/,
  /^[+-] file: \/var\/lib\/cni\/(results|hawser-locks)\/$/,
];

/** What is different and says something. */
export function changes(before: Snapshot, after: Snapshot): string[] {
  return diff(before, after).filter((line) => !WORKING.some((known) => known.test(line)));
}

/** A throwaway host with one container, and our plugins behind both of their doors. */
export class Stage {
  readonly host: Host;
  container: Container;
  readonly dir: string = hawserPlugins().dir;

  private constructor(host: Host, container: Container) {
    this.host = host;
    this.container = container;
  }

  static async create(): Promise<Stage> {
    const host = await Host.create();
    return new Stage(host, await host.container("c1"));
  }

  /** The variables of a call. */
  environment(call: Call): Record<string, string> {
    const env: Record<string, string | undefined> = {
      CNI_COMMAND: call.command ?? "ADD",
      CNI_CONTAINERID: call.containerId ?? "cid1",
      CNI_NETNS: call.netns ?? this.container.netns,
      CNI_IFNAME: call.ifName ?? "eth0",
      CNI_PATH: this.dir,
      ...(call.args === undefined ? {} : { CNI_ARGS: call.args }),
      ...call.env,
    };
    const given = Object.entries(env).filter((entry): entry is [string, string] => {
      return entry[1] !== undefined;
    });
    return Object.fromEntries(given);
  }

  /** Runs the executable. */
  async run(call: Call, timeoutMs?: number): Promise<RunAnswer> {
    const config = call.config as Parameters<typeof runPlugin>[2];
    const env = { PATH: ownEnvironment()["PATH"] ?? "", ...this.environment(call) };
    if (typeof call.config !== "string") {
      return await runPlugin(this.dir, call.type, config, env, timeoutMs);
    }
    const { run } = await import("../support/exec.ts");
    const options = { stdin: call.config, env, timeoutMs: timeoutMs ?? 60_000 };
    return await run([`${this.dir}/${call.type}`], options);
  }

  /** Calls the plugin in this process. */
  async call(call: Call, signal?: AbortSignal): Promise<Answer> {
    const executor = ownPlugins();
    const answer = await executor.run({
      operation: (call.command ?? "ADD") as "ADD",
      type: call.type,
      path: `/plugins/${call.type}`,
      stdin: typeof call.config === "string" ? call.config : JSON.stringify(call.config),
      env: this.environment(call),
      ...(signal === undefined ? {} : { signal }),
    });
    return answer;
  }

  /** Removes the container's namespace, and makes another one of its name. */
  async replaceContainer(): Promise<void> {
    const { name } = this.container;
    await this.host.remove(this.container);
    this.container = await this.host.container(name);
  }

  /** Every plugin of ours in this process. */
  executor(): InProcessExecutor {
    return ownPlugins();
  }

  /** What the work changed on the host and in the container. */
  async changesOf(work: () => Promise<unknown>): Promise<string[]> {
    const before = await this.host.snapshot([this.container]);
    await work();
    return changes(before, await this.host.snapshot([this.container]));
  }
}
