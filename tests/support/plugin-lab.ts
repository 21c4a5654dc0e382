import { expect } from "bun:test";
import type { Plugin } from "../../src/plugin/index.ts";
import type { Operation } from "./chain.ts";
import type { RunAnswer } from "./exec.ts";
import type { Container } from "./host.ts";
import { forEachTest, HostLab, type LabOptions } from "./host-lab.ts";
import {
  type AddResult,
  type Answer,
  type CallOptions,
  callPlugin,
  type Keys,
} from "./plugin-call.ts";
import { leaks, leaksAfterOthers } from "./shared-objects.ts";

export interface PluginLabOptions extends LabOptions {
  /** The keys of a call that names none. */
  readonly keys?: Keys;
}

/** A call, and its container. */
export interface LabCall extends CallOptions {
  readonly container?: Container;
}

/** Call it at the top of a test file: a throwaway host for one plugin, as new for each test. */
export function pluginLab(plugin: Plugin, options: PluginLabOptions = {}): PluginLab {
  return forEachTest(new PluginLab(plugin, options));
}

/** A host for the tests of one plugin, which is called in this process or as an executable. */
export class PluginLab extends HostLab {
  readonly plugin: Plugin;
  readonly #keys: Keys;

  constructor(plugin: Plugin, options: PluginLabOptions) {
    super(options);
    this.plugin = plugin;
    this.#keys = options.keys ?? {};
  }

  /** A container with an attachment, and the result of its ADD. */
  async join(name: string, keys: Keys): Promise<[Container, AddResult]> {
    const container = await this.container(name);
    return [container, await this.add(keys, { container })];
  }

  /** The same with a server. */
  async joinServing(name: string, keys: Keys): Promise<[Container, AddResult]> {
    const joined = await this.join(name, keys);
    await this.serve(joined[0]);
    return joined;
  }

  /** Calls the plugin in this process, for container `one` unless the options name another. */
  async call(operation: Operation, keys?: Keys, options: LabCall = {}): Promise<Answer> {
    const { container = this.one } = options;
    return await callPlugin(this.plugin, operation, container, keys ?? this.#keys, options);
  }

  /** The same where it has to succeed; gives the result. */
  async must(operation: Operation, keys?: Keys, options: LabCall = {}): Promise<AddResult> {
    const answer = await this.call(operation, keys, options);
    expect(answer).toMatchObject({ exitCode: 0 });
    return answer.json;
  }

  /** ADD that has to succeed, and without a word on stderr. */
  async add(keys?: Keys, options: LabCall = {}): Promise<AddResult> {
    const answer = await this.call("ADD", keys, options);
    expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
    return answer.json;
  }

  /** DEL that has to succeed, and without a word on stderr. */
  async del(keys?: Keys, options: LabCall = {}): Promise<void> {
    expect(await this.call("DEL", keys, options)).toMatchObject({ exitCode: 0, stderr: "" });
  }

  /** Runs the plugin's executable of a directory for container `one`. */
  async program(dir: string, operation: Operation, keys: Keys): Promise<RunAnswer> {
    const config = { cniVersion: "1.0.0", name: "net1", type: this.plugin.name, ...keys };
    const attachment = { containerId: "id-one", netns: this.one.netns, ifName: "eth0" };
    return await this.host.plugin(dir, config.type, operation, config, attachment);
  }

  /** The same where it has to succeed; gives what it printed. */
  async mustProgram(dir: string, operation: Operation, keys: Keys): Promise<Keys> {
    const { exitCode, stdout, stderr } = await this.program(dir, operation, keys);
    expect({ operation, exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    return JSON.parse(stdout === "" ? "{}" : stdout) as Keys;
  }

  /** ADD by the executable of one directory, CHECK and DEL by that of another, which leave nothing. */
  async handOver(adder: string, remover: string, keys: Keys): Promise<void> {
    await this.remember();
    const prevResult = await this.mustProgram(adder, "ADD", keys);
    await this.mustProgram(remover, "CHECK", { ...keys, prevResult });
    await this.mustProgram(remover, "DEL", { ...keys, prevResult });
    const left = await this.differences();
    expect(remover === this.own ? leaks(left) : leaksAfterOthers(left)).toEqual([]);
    await this.mustProgram(remover, "DEL", { ...keys, prevResult });
  }
}
