import type { Example } from "../../tools/manuals/example.ts";
import { Scene } from "../plugins/scene.ts";
import {
  type AttachmentParameters,
  type ChainResult,
  callEnvironment,
  type Operation,
  type PluginObject,
  pluginRequest,
} from "../support/chain.ts";
import { run } from "../support/exec.ts";
import type { Host } from "../support/host.ts";
import { ownPlugins } from "../support/own-plugins.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import type { Answer } from "./judge.ts";

/** An example of a plugin whose calls a test may spoil; every plugin of the chain is in this process. */

/** What is otherwise than in a right call. */
export interface Change {
  readonly attachment?: Partial<AttachmentParameters>;
  /** The request of each plugin, as it is to be sent. */
  readonly request?: (request: PluginObject) => PluginObject;
  readonly prevResult?: ChainResult | undefined;
  /** The plugins of the chain from this one on (ADD: with the result so far), up to that one. */
  readonly from?: number;
  readonly to?: number;
  /** Variables besides CNI's. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What one plugin of the chain answered. */
export interface Played extends Answer {
  readonly type: string;
}

export class Play {
  readonly scene: Scene;
  result: ChainResult | undefined;

  private constructor(scene: Scene) {
    this.scene = scene;
  }

  static async open(host: Host, example: Example): Promise<Play> {
    return new Play(await Scene.open(host, example));
  }

  /** ADD, by the executables, as it has to be. */
  async add(): Promise<void> {
    this.result = await this.scene.run("ADD");
  }

  /** ADD in this process, which is quicker. */
  async addHere(change: Pick<Change, "to"> = {}): Promise<void> {
    const last = (await this.call("ADD", change)).at(-1);
    if (last?.exitCode !== 0) throw new Error(`ADD failed: ${JSON.stringify(last)}`);
    this.result = JSON.parse(last.stdout) as ChainResult;
  }

  /** One call of each plugin, in the operation's order; goes on after a failure, except in ADD. */
  async call(operation: Operation, change: Change = {}): Promise<Played[]> {
    const { network } = this.scene.example;
    const attachment = { ...this.scene.attachment(), ...change.attachment };
    let prevResult = "prevResult" in change ? change.prevResult : this.result;
    const { from = 0, to } = change;
    if (operation === "ADD" && from === 0) prevResult = undefined;
    const chosen = network.plugins.slice(from, to);
    const plugins = operation === "DEL" ? chosen.reverse() : chosen;
    const answers: Played[] = [];
    for (const plugin of plugins) {
      const request = pluginRequest(
        {
          ...{ dir: hawserPlugins().dir, list: network, operation, attachment },
          ...(prevResult === undefined ? {} : { prevResult }),
        },
        plugin,
      );
      const answer = await ownPlugins().run({
        operation,
        type: plugin.type,
        path: `/plugins/${plugin.type}`,
        stdin: JSON.stringify(change.request?.(request) ?? request),
        env: { ...callEnvironment(operation, hawserPlugins().dir, attachment), ...change.env },
      });
      answers.push({ type: plugin.type, ...answer });
      if (operation !== "ADD") continue;
      if (answer.exitCode !== 0) break;
      prevResult = JSON.parse(answer.stdout) as ChainResult;
    }
    return answers;
  }

  /** What is there that was not before ADD. */
  async more(): Promise<string[]> {
    return (await this.scene.leftovers()).filter((line) => line.startsWith("+"));
  }

  /** The end of the container's namespace, with all that is in it. */
  async endContainer(): Promise<void> {
    await this.scene.host.remove(this.scene.container);
    // The kernel takes the links apart a moment later, those of the host's own kind too.
    for (let at = 0; at < 100; at++) {
      if ((await run(["ip", "-o", "link", "show", "type", "veth"])).stdout === "") return;
      if ((await this.more()).every((line) => !line.startsWith("+ link"))) return;
      await Bun.sleep(50);
    }
  }

  async close(): Promise<void> {
    await this.scene.close();
  }
}
