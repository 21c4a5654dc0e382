import { expect } from "bun:test";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Example } from "../../tools/manuals/example.ts";
import {
  type AttachmentParameters,
  type ChainResult,
  type Conflist,
  type Operation,
  runChain,
  type runPlugin,
} from "../support/chain.ts";
import { must, ownEnvironment, run } from "../support/exec.ts";
import type { Container, Host } from "../support/host.ts";
import { inThisProcess } from "../support/own-plugins.ts";
import { PATIENCE } from "../support/patience.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { leaks } from "../support/shared-objects.ts";
import { diff, type Snapshot } from "../support/snapshot.ts";
import { until } from "../support/until.ts";

/** An example of a plugin, played on a throwaway host: what was there before it, and its container. */

type Daemon = Example["daemons"][number];

const NETWORKS = "/var/lib/cni/networks";
const FLEETS = "/run/cni/cluster";

export class Scene {
  readonly example: Example;
  readonly host: Host;
  readonly container: Container;
  readonly #daemons: Bun.Subprocess[];
  #before: Snapshot = {};

  private constructor(
    example: Example,
    host: Host,
    container: Container,
    daemons: Bun.Subprocess[],
  ) {
    this.example = example;
    this.host = host;
    this.container = container;
    this.#daemons = daemons;
  }

  /** Makes what has to be there before ADD. */
  static async open(host: Host, example: Example): Promise<Scene> {
    const daemons: Bun.Subprocess[] = [];
    const scene = new Scene(example, host, await newContainer("box"), daemons);
    try {
      for (const line of example.host) await must(line.split(" "));
      for (const line of example.container) await must(inside(scene.container, line));
      for (const daemon of example.daemons) daemons.push(await started(daemon));
      scene.#before = await scene.#picture();
      return scene;
    } catch (error) {
      await scene.close();
      throw error;
    }
  }

  /** One operation over the whole network, by the specification alone. */
  async run(
    operation: Operation,
    more: {
      /** Where the plugins are; ours when absent. */
      readonly dir?: string;
      /** How they are run; as programs, or in this process where that is much quicker, when absent. */
      readonly call?: typeof runPlugin;
      readonly prevResult?: ChainResult | undefined;
      readonly list?: Conflist;
      readonly attachment?: Partial<AttachmentParameters>;
      readonly validAttachments?: readonly { containerID: string; ifname: string }[];
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<ChainResult | undefined> {
    const { dir = hawserPlugins().dir, list = this.example.network, prevResult } = more;
    // In this process where everything is emulated and starting our executable takes seconds.
    const isSlow = dir === hawserPlugins().dir && PATIENCE > 1;
    const call = more.call ?? (isSlow ? inThisProcess() : undefined);
    if (operation === "ADD") forgetHints();
    const isOfNetwork = operation === "GC" || operation === "STATUS";
    const answer = await runChain({
      dir,
      list,
      operation,
      ...(prevResult === undefined ? {} : { prevResult }),
      ...(isOfNetwork ? {} : { attachment: { ...this.attachment(), ...more.attachment } }),
      ...(call === undefined ? {} : { call }),
      ...(more.env === undefined ? {} : { env: { ...ownEnvironment(), ...more.env } }),
      ...(more.validAttachments === undefined ? {} : { validAttachments: more.validAttachments }),
    });
    return answer.result;
  }

  /** Ends the daemons before their time. */
  async endDaemons(): Promise<void> {
    for (const daemon of this.#daemons) {
      daemon.kill("SIGTERM");
      await daemon.exited;
    }
  }

  attachment(): AttachmentParameters {
    const { args, capabilityArgs } = this.example;
    return {
      containerId: "box-1",
      netns: this.container.netns,
      ifName: "eth0",
      capabilityArgs,
      ...(args === "" ? {} : { args }),
    };
  }

  /** What the example says is seen after ADD, and is not. */
  async unseen(): Promise<string[]> {
    const missing: string[] = [];
    for (const { at, run, contains } of this.example.judge) {
      const shown = await must(at === "host" ? run.split(" ") : inside(this.container, run));
      if (!shown.includes(contains)) missing.push(`${run} (${at}) has no ${contains}: ${shown}`);
    }
    return missing;
  }

  /** What is there that was not before ADD, or the reverse, and is of this attachment alone. */
  async leftovers(): Promise<string[]> {
    const bridges = await bridgeNames();
    const lines = leaks(diff(this.#before, await this.#picture()));
    const { changed } = this.example;
    return lines.filter((line) => {
      return !isOfBridge(line, bridges) && !changed.some((name) => line.includes(name));
    });
  }

  /** Ends everything, also what a failure has left. */
  async close(): Promise<void> {
    await this.endDaemons();
    if (existsSync(this.container.netns)) await this.host.remove(this.container);
    await this.host.settled();
    // The other end of a pair is gone with the first.
    for (const name of await linkNames()) await run(["ip", "link", "delete", name]);
    expect(await linkNames()).toEqual([]);
    await this.host.tidy();
  }

  async #picture(): Promise<Snapshot> {
    const isThere = existsSync(this.container.netns);
    return await this.host.snapshot(isThere ? [this.container] : []);
  }
}

/**
 * As a runtime makes it: with its loopback down. It has been up once, since the kernel leaves it an
 * address when it goes down.
 */
export async function newContainer(name: string): Promise<Container> {
  await must(["ip", "netns", "add", name]);
  for (const state of ["up", "down"]) await must(["ip", "-n", name, "link", "set", "lo", state]);
  return { name, netns: `/run/netns/${name}` };
}

/** So that host-local and cluster begin each time with the first address again. */
function forgetHints(): void {
  for (const directory of [NETWORKS, FLEETS]) {
    mkdirSync(directory, { recursive: true });
    for (const path of new Bun.Glob("**/last_reserved_ip.*").scanSync({ cwd: directory })) {
      rmSync(join(directory, path));
    }
  }
}

function inside(container: Container, line: string): string[] {
  return ["nsenter", `--net=${container.netns}`, "--", ...line.split(" ")];
}

/** Plugins come first: `dhcp daemon` is ours. */
async function started({ run, ready }: Daemon): Promise<Bun.Subprocess> {
  const [program = "", ...words] = run.split(" ");
  const own = join(hawserPlugins().dir, program);
  const child = Bun.spawn([existsSync(own) ? own : program, ...words], {
    env: ownEnvironment(),
    stdio: ["ignore", "ignore", "ignore"],
  });
  await until(`${run} makes ${ready}`, () => {
    if (ready === undefined || existsSync(ready)) return true;
    if (child.exitCode === null) return false;
    throw new Error(`${run} ended with ${child.exitCode}`);
  });
  return child;
}

async function linksOf(...words: string[]): Promise<{ ifname?: string }[]> {
  const text = await must(["ip", "-j", "link", "show", ...words]);
  return JSON.parse(text.trim() || "[]") as { ifname?: string }[];
}

async function bridgeNames(): Promise<string[]> {
  const links = await linksOf("type", "bridge");
  return links.flatMap(({ ifname }) => (ifname === undefined ? [] : [ifname]));
}

/** The host's links but loopback. */
async function linkNames(): Promise<string[]> {
  const links = await linksOf();
  return links.flatMap(({ ifname = "lo" }) => (ifname === "lo" ? [] : [ifname]));
}

/** Bridges are the network's: addresses, routes and gateways of VLANs are with them. */
function isOfBridge(line: string, bridges: readonly string[]): boolean {
  return bridges.some((name) => {
    const isLink = line.startsWith("+ link: ") || line.startsWith("+ route: ");
    const mentions = new RegExp(`"(?:ifname|dev|link)":"${name}(?:\\.\\d+)?"`).test(line);
    return (isLink && mentions) || new RegExp(`^\\+ address: ${name}(\\.\\d+)?: `).test(line);
  });
}
