import { rmSync } from "node:fs";
import { previousFor } from "../plugins/versions.ts";
import {
  type ChainResult,
  callEnvironment,
  type Operation,
  pluginRequest,
  runPlugin,
} from "../support/chain.ts";
import { must, ownEnvironment, run } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import type { Box, Case, Observation, Outcome, PluginAnswer, Step } from "./case.ts";
import { observe } from "./observe.ts";

/**
 * One of the two hosts: a program in namespaces of its own that plays a case with the plugins of a
 * directory, and prints what came of each step.
 */

const BOXES = ["c0", "c1"] as const;

/** After these the state is looked at; what another step has changed shows at the next look. */
const CHANGES: ReadonlySet<Step["op"]> = new Set(["ADD", "DEL", "GC"]);

/** Links that a case finds: one to stand on with a LAN behind it, one to give away. */
const LINKS: readonly (readonly string[])[] = [
  ...pair("uplink0", "02:00:00:00:01:01", "lan0", "02:00:00:00:01:02"),
  ...pair("dev5", "02:00:00:00:05:05", "far5", "02:00:00:00:05:06"),
  ...["lan0", "uplink0", "far5"].map((name) => ["link", "set", "dev", name, "up"]),
  ["address", "add", "192.0.2.1/24", "dev", "uplink0"],
  ["route", "add", "default", "via", "192.0.2.2", "dev", "uplink0"],
];

function pair(name: string, mac: string, peer: string, peerMac: string): string[][] {
  const words = ["link", "add", name, "address", mac, "type", "veth"];
  return [[...words, "peer", "name", peer, "address", peerMac]];
}

class Side {
  readonly #dir: string;
  readonly #case: Case;
  readonly #results = new Map<Box, ChainResult>();
  readonly #gone = new Set<Box>();

  constructor(dir: string, played: Case) {
    this.#dir = dir;
    this.#case = played;
  }

  async open(): Promise<void> {
    // The number of a device's directory is read there, of this namespace.
    await run(["mount", "-t", "sysfs", "sysfs", "/sys"]);
    const host = await Host.create();
    for (const words of LINKS) await must(["ip", ...words]);
    for (const name of BOXES.slice(0, this.#boxes())) await host.container(name);
  }

  async play(): Promise<Outcome[]> {
    const { steps } = this.#case;
    const outcomes: Outcome[] = [];
    for (const [index, step] of steps.entries()) {
      const answers = await this.#step(step);
      const isSeen = CHANGES.has(step.op) || index === steps.length - 1;
      outcomes.push({ answers, ...(isSeen ? { state: await this.#state() } : {}) });
    }
    return outcomes;
  }

  /** Containers that the steps name. */
  #boxes(): number {
    return this.#case.steps.some((step) => "box" in step && step.box === 1) ? 2 : 1;
  }

  async #state(): Promise<Observation> {
    const there = BOXES.slice(0, this.#boxes()).filter((_, box) => !this.#gone.has(box as Box));
    const text = JSON.stringify(this.#case.list);
    const withRules = /"(portmap|firewall|ipMasq|macspoofchk)"/.test(text);
    return await observe(there, withRules);
  }

  async #step(step: Step): Promise<PluginAnswer[]> {
    if (step.op === "disturb") {
      await this.#disturb(step);
      return [];
    }
    if (step.op === "STATUS" || step.op === "VERSION") return await this.#chain(step.op, {});
    if (step.op === "GC") {
      const validAttachments = step.valid.map((box) => ({
        containerID: `id-c${box}`,
        ifname: "eth0",
      }));
      return await this.#chain("GC", { validAttachments });
    }
    const { box } = step;
    const netns = step.op === "DEL" && step.netns === "empty" ? "" : `/run/netns/c${box}`;
    const isGiven = step.op === "CHECK" || (step.op === "DEL" && step.prevResult);
    const prevResult = isGiven
      ? previousFor(this.#case.list.cniVersion, this.#results.get(box))
      : undefined;
    const answers = await this.#chain(step.op, {
      ...(prevResult === undefined ? {} : { prevResult }),
      attachment: this.#attachment(box, netns),
    });
    this.#remember(step.op, box, answers);
    return answers;
  }

  #remember(op: Operation, box: Box, answers: readonly PluginAnswer[]): void {
    if (op !== "ADD") return;
    const last = answers.at(-1);
    if (last?.exitCode === 0) this.#results.set(box, JSON.parse(last.stdout) as ChainResult);
  }

  #attachment(box: Box, netns: string): NonNullable<Parameters<typeof callEnvironment>[2]> {
    const { args, capabilityArgs } = this.#case;
    const given = args === "" ? {} : { args };
    return { containerId: `id-c${box}`, netns, ifName: this.#ifName(), ...given, capabilityArgs };
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

  async #disturb({ box, what }: Step & { op: "disturb" }): Promise<void> {
    if (this.#gone.has(box)) return;
    const name = `c${box}`;
    const inside = async (...words: string[]): Promise<void> => {
      await run(["ip", "-n", name, ...words]);
    };
    if (what === "link deleted") await inside("link", "delete", "eth0");
    if (what === "link down") await inside("link", "set", "eth0", "down");
    if (what === "addresses flushed") await inside("address", "flush", "dev", "eth0");
    if (what === "routes flushed") await inside("route", "flush", "dev", "eth0");
    if (what === "another MTU") await inside("link", "set", "eth0", "mtu", "1300");
    if (what === "another address") await inside("address", "add", "10.99.0.9/32", "dev", "eth0");
    if (what === "ruleset flushed") await must(["nft", "flush", "ruleset"]);
    if (what === "reservations removed") {
      rmSync("/var/lib/cni/networks", { recursive: true, force: true });
    }
    if (what === "namespace deleted") {
      await must(["ip", "netns", "delete", name]);
      this.#gone.add(box);
      await this.#settled();
    }
  }

  /** The kernel ends a namespace, and with it the other ends of its links, a little later. */
  async #settled(): Promise<void> {
    const until = performance.now() + 2000;
    while (performance.now() < until) {
      const links = await must(["ip", "-j", "link", "show", "type", "veth"]);
      // A pair whose other end is in a namespace that is ending has no link_netnsid any more.
      const ending = (JSON.parse(links || "[]") as { link_netnsid?: number; ifname?: string }[])
        .filter(({ ifname }) => ifname !== undefined)
        .filter(({ ifname = "" }) => /^veth/.test(ifname));
      const there = BOXES.slice(0, this.#boxes()).length - this.#gone.size;
      if (ending.length <= there) return;
      await Bun.sleep(10);
    }
  }
}

const [dir = ""] = process.argv.slice(2);
const side = new Side(dir, (await Bun.stdin.json()) as Case);
await side.open();
await Bun.write(Bun.stdout, JSON.stringify(await side.play()));
