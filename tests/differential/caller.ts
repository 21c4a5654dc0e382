import { mkdirSync, writeFileSync } from "node:fs";
import { previousFor } from "../plugins/versions.ts";
import {
  type AttachmentParameters,
  type ChainResult,
  callEnvironment,
  type Operation,
  pluginRequest,
  runPlugin,
} from "../support/chain.ts";
import { ownEnvironment, run } from "../support/exec.ts";
import type { Box, Case, PluginAnswer, Step } from "./case.ts";

/** What a step of a case calls: plugins by the specification alone, or a cnitool. */

export type Call = Exclude<Step, { op: "disturb" }>;

export interface Caller {
  call(step: Call): Promise<PluginAnswer[]>;
}

/** Calls the plugins of a list one after the other, and remembers results of ADD. */
export class ByPlugins implements Caller {
  readonly #dir: string;
  readonly #case: Case;
  readonly #results = new Map<Box, ChainResult>();

  constructor(dir: string, played: Case) {
    this.#dir = dir;
    this.#case = played;
  }

  async call(step: Call): Promise<PluginAnswer[]> {
    if (step.op === "STATUS" || step.op === "VERSION") return await this.#chain(step.op, {});
    if (step.op === "GC") {
      const validAttachments = step.valid.map((box) => ({
        containerID: `id-c${box}`,
        ifname: this.#ifName(),
      }));
      return await this.#chain("GC", { validAttachments });
    }
    const { box } = step;
    const isGiven = step.op === "CHECK" || (step.op === "DEL" && step.prevResult);
    const known = isGiven ? this.#results.get(box) : undefined;
    const prevResult = previousFor(this.#case.list.cniVersion, known);
    const answers = await this.#chain(step.op, {
      ...(prevResult === undefined ? {} : { prevResult }),
      attachment: this.#attachment(step),
    });
    const last = answers.at(-1);
    if (step.op === "ADD" && last?.exitCode === 0) {
      this.#results.set(box, JSON.parse(last.stdout) as ChainResult);
    }
    return answers;
  }

  #attachment(step: Call & { box: Box }): AttachmentParameters {
    const { args, capabilityArgs } = this.#case;
    return {
      containerId: `id-c${step.box}`,
      netns: step.op === "DEL" && step.netns === "empty" ? "" : netnsOf(step.box),
      ifName: this.#ifName(),
      ...(args === "" ? {} : { args }),
      capabilityArgs,
    };
  }

  #ifName(): string {
    return this.#case.subject === "loopback" ? "lo" : "eth0";
  }

  /** One operation over the list, as far as it goes: DEL goes on past a plugin that fails. */
  async #chain(
    operation: Operation,
    more: Partial<Parameters<typeof pluginRequest>[0]>,
  ): Promise<PluginAnswer[]> {
    const { list } = this.#case;
    const env = callEnvironment(operation, this.#dir, more.attachment, ownEnvironment());
    const answers: PluginAnswer[] = [];
    let prevResult = more.prevResult;
    for (const plugin of operation === "DEL" ? [...list.plugins].reverse() : list.plugins) {
      const handed = prevResult === undefined ? {} : { prevResult };
      const request = { dir: this.#dir, list, operation, ...more, ...handed };
      const type = String(plugin["type"]);
      const answer = await runPlugin(this.#dir, type, pluginRequest(request, plugin), env);
      const { exitCode, stdout, stderr } = answer;
      answers.push({ type, exitCode, stdout, stderr });
      if (exitCode !== 0 && operation !== "DEL") break;
      if (operation === "ADD" && exitCode === 0) prevResult = JSON.parse(stdout) as ChainResult;
    }
    return answers;
  }
}

const NETWORKS = "/run/net.d";

/** Calls a cnitool, which has a cache of its own. */
export class ByCnitool implements Caller {
  readonly #program: string;
  readonly #network: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(program: string, dir: string, { list, args, capabilityArgs }: Case) {
    this.#program = program;
    this.#network = list.name;
    mkdirSync(NETWORKS, { recursive: true });
    writeFileSync(`${NETWORKS}/10-${list.name}.conflist`, JSON.stringify(list));
    this.#env = {
      ...ownEnvironment(),
      ...{ NETCONFPATH: NETWORKS, CNI_PATH: dir, CAP_ARGS: JSON.stringify(capabilityArgs) },
      ...(args === "" ? {} : { CNI_ARGS: args }),
    };
  }

  async call(step: Call): Promise<PluginAnswer[]> {
    const netns = netnsOf("box" in step ? step.box : 0);
    const argv = [this.#program, step.op.toLowerCase(), this.#network, netns];
    const { exitCode, stdout, stderr } = await run(argv, { env: this.#env });
    return [{ type: "cnitool", exitCode, stdout, stderr }];
  }
}

function netnsOf(box: Box): string {
  return `/run/netns/c${box}`;
}
