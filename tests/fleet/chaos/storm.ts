import { Ip, Prefix } from "../../../src/addr/index.ts";
import type { Clock } from "../../../src/fleet/index.ts";
import type { Chance } from "../../simulation/chance.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import type { History } from "./history.ts";
import type { Members } from "./members.ts";
import type { Runtime } from "./runtime.ts";

/** What happens to a node, or to a member of etcd. */
const NODE_ACTS = [
  "cut",
  /** Without its daemon the plugin does the member's work. */
  "kill",
  /** It is started again at once. */
  "crash",
  "pause",
  /** With all plugins that run. */
  "freeze",
  /** The daemon is killed, and the runtime asks for nothing. */
  "silence",
  /** The machine ends, with all containers. */
  "power",
] as const;
const MEMBER_ACTS = ["cut", "kill", "pause"] as const;
type NodeAct = (typeof NODE_ACTS)[number];

const MOST_NODES = 5;
/** A short one is over before the quarantine, a long one is not. */
const SHORT_MS = [500, 5000] as const;
const LONG_MS = [10_000, 16_000] as const;
const TAKEN_WITHIN_MS = 40_000;
const LOOK_MS = 250;
const RETURNS_WITHIN_MS = 60_000;

export interface StormOptions {
  readonly runtimes: readonly Runtime[];
  readonly members: Members;
  readonly history: History;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly say: (line: string) => void;
}

/** Acts of violence, several at a time, each of which is healed after a while. */
export class Storm {
  readonly #options: StormOptions;
  /** Nodes that are not well. */
  readonly #struck = new Set<Runtime>();
  readonly #struckMembers = new Set<number>();
  readonly #open = new Set<Promise<void>>();
  /** Parts of blocks, with living containers, that were others' when their nodes came back. */
  losses = 0;

  constructor(options: StormOptions) {
    this.#options = options;
  }

  /** One more act, which ends by itself. */
  act(): void {
    const { chance } = this.#options;
    const work = chance.happens(0.25) ? this.#strikeMembers() : this.#strikeNode();
    if (work !== undefined) this.#goesOn(work);
  }

  /** A node is silent until another one has taken the address of one of its containers. */
  silence(): void {
    const { chance, runtimes, history, say } = this.#options;
    const runtime = chance.pick(runtimes);
    const { name } = runtime.node;
    const others = runtimes.filter((one) => one !== runtime);
    const end = performance.now() + patient(TAKEN_WITHIN_MS);
    const isTaken = (): boolean => {
      const taken = others.flatMap((one) => one.prefixes("held")).map((one) => Prefix.parse(one));
      return history.living(name).some(({ address = "" }) => {
        return taken.some((prefix) => prefix.contains(Ip.parse(address)));
      });
    };
    say(`${name}: silence until it is replaced`);
    this.#goesOn(
      this.#struckDuring(runtime, "silence", async () => {
        while (!isTaken() && performance.now() < end) await Bun.sleep(LOOK_MS);
      }),
    );
  }

  #goesOn(work: Promise<void>): void {
    const open = work.finally(() => this.#open.delete(open));
    this.#open.add(open);
  }

  /** All is healed. */
  async end(): Promise<void> {
    await Promise.all(this.#open);
  }

  #strikeNode(): Promise<void> | undefined {
    const { chance, runtimes } = this.#options;
    const well = runtimes.filter((one) => !this.#struck.has(one));
    const act = chance.pick(NODE_ACTS);
    const [least, most] = chance.happens(0.4) ? LONG_MS : SHORT_MS;
    const ms = act === "crash" ? 0 : patient(chance.between(least, most));
    if (this.#struck.size >= MOST_NODES) return undefined;
    return this.#struckFor(chance.pick(well), act, ms);
  }

  async #struckFor(runtime: Runtime, act: NodeAct, ms: number): Promise<void> {
    this.#options.say(`${runtime.node.name}: ${act} for ${(ms / 1000).toFixed(1)} s`);
    await this.#struckDuring(runtime, act, () => Bun.sleep(ms));
  }

  async #struckDuring(runtime: Runtime, act: NodeAct, wait: () => Promise<void>): Promise<void> {
    const { history, clock, say } = this.#options;
    const { name } = runtime.node;
    this.#struck.add(runtime);
    history.goesAway(name, clock.now());
    await this.#begin(runtime, act);
    await wait();
    const last = runtime.picture()?.confirmed?.atMs;
    if (last !== undefined) history.confirmed(name, last);
    const healedAt = clock.now();
    await this.#heal(runtime, act);
    // Until the store has confirmed that it lives, the node is as far away as before.
    await until(
      `the store confirms ${name} after ${act}`,
      () => (runtime.picture()?.confirmed?.atMs ?? 0) > healedAt,
      RETURNS_WITHIN_MS,
    );
    history.comesBack(name, runtime.picture()?.confirmed?.atMs ?? clock.now());
    const lost = runtime.prefixes("lost");
    this.losses += lost.length;
    say(`${name}: is back${lost.length > 0 ? ` and has lost ${lost.join(" ")}` : ""}`);
    this.#struck.delete(runtime);
  }

  async #begin(runtime: Runtime, act: NodeAct): Promise<void> {
    const { node } = runtime;
    switch (act) {
      case "cut":
        return await node.cut();
      case "kill":
      case "crash":
        await node.daemon.end("SIGKILL");
        return;
      case "silence":
        await runtime.rest();
        await node.daemon.end("SIGKILL");
        return;
      case "pause":
        return node.pause();
      case "freeze":
        node.pause();
        return runtime.signal("SIGSTOP");
      case "power":
        await runtime.end();
        return await node.stop();
    }
  }

  async #heal(runtime: Runtime, act: NodeAct): Promise<void> {
    const { node } = runtime;
    switch (act) {
      case "cut":
        return await node.heal();
      case "kill":
      case "crash":
        await node.startDaemon();
        return;
      case "silence":
        await node.startDaemon();
        return runtime.wake();
      case "pause":
        return node.resume();
      case "freeze":
        node.resume();
        return runtime.signal("SIGCONT");
      case "power":
        await node.boot();
        await runtime.prepare();
        await node.startDaemon();
    }
  }

  /** One member of three, or for a moment two: then no store answers. */
  #strikeMembers(): Promise<void> | undefined {
    const { chance } = this.#options;
    const count = chance.happens(0.25) ? 2 : 1;
    const act = chance.pick(MEMBER_ACTS);
    const ms = patient(chance.between(500, count === 2 ? 4000 : 10_000));
    const first = chance.whole(0, 2);
    if (this.#struckMembers.size > 0) return undefined;
    const chosen = Array.from({ length: count }, (_, at) => (first + at) % 3);
    return this.#membersStruckFor(chosen, act, ms);
  }

  async #membersStruckFor(
    chosen: readonly number[],
    act: (typeof MEMBER_ACTS)[number],
    ms: number,
  ): Promise<void> {
    const { members, say } = this.#options;
    for (const at of chosen) this.#struckMembers.add(at);
    say(`etcd ${chosen.map((at) => at + 1).join(" and ")}: ${act} for ${(ms / 1000).toFixed(1)} s`);
    for (const at of chosen) {
      const member = members.etcd.member(at);
      if (act === "cut") await members.cut(at);
      else if (act === "kill") await member.kill();
      else member.pause();
    }
    await Bun.sleep(ms);
    for (const at of chosen) {
      const member = members.etcd.member(at);
      if (act === "cut") await members.heal(at);
      else if (act === "kill") member.start();
      else member.resume();
    }
    for (const at of chosen) this.#struckMembers.delete(at);
  }
}
