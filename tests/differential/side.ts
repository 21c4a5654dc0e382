import { must, run } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import { ByCnitool, ByPlugins, type Caller } from "./caller.ts";
import { type Box, type Case, isOfBox, type Observation, type Outcome, type Step } from "./case.ts";
import { disturb } from "./disturb.ts";
import { observe } from "./observe.ts";

/**
 * One of the two hosts: a program in namespaces of its own that plays a case with the plugins of a
 * directory, called by a cnitool where one is named, and prints what came of each step.
 */

const BOXES = ["c0", "c1"] as const;

/** After these the state is looked at; what another step has changed shows at the next look. */
const CHANGES: ReadonlySet<Step["op"]> = new Set(["ADD", "DEL", "GC"]);

/** Links that a case finds: one to stand on with a LAN behind it, one to give away. */
const LINKS: readonly (readonly string[])[] = [
  pair("uplink0", "02:00:00:00:01:01", "lan0", "02:00:00:00:01:02"),
  pair("dev5", "02:00:00:00:05:05", "far5", "02:00:00:00:05:06"),
  ...["lan0", "uplink0", "far5"].map((name) => ["link", "set", "dev", name, "up"]),
  ["address", "add", "192.0.2.1/24", "dev", "uplink0"],
  ["route", "add", "default", "via", "192.0.2.2", "dev", "uplink0"],
];

function pair(name: string, mac: string, peer: string, peerMac: string): readonly string[] {
  const words = ["link", "add", name, "address", mac, "type", "veth"];
  return [...words, "peer", "name", peer, "address", peerMac];
}

class Side {
  readonly #case: Case;
  readonly #caller: Caller;
  /** Containers whose namespaces are there. */
  readonly #there: Set<Box>;

  constructor(played: Case, caller: Caller) {
    this.#case = played;
    this.#caller = caller;
    this.#there = new Set(played.steps.some((step) => isOfBox(step, 1)) ? [0, 1] : [0]);
  }

  async play(host: Host): Promise<Outcome[]> {
    for (const words of LINKS) await must(["ip", ...words]);
    for (const box of this.#there) await host.container(BOXES[box]);
    const { steps } = this.#case;
    const outcomes: Outcome[] = [];
    for (const [index, step] of steps.entries()) {
      const answers = step.op === "disturb" ? [] : await this.#caller.call(step);
      if (step.op === "disturb") await this.#disturb(step);
      const isSeen = CHANGES.has(step.op) || index === steps.length - 1;
      outcomes.push({ answers, ...(isSeen ? { state: await this.#state() } : {}) });
    }
    return outcomes;
  }

  async #disturb({ box, what }: Step & { op: "disturb" }): Promise<void> {
    if (!this.#there.has(box)) return;
    await disturb(BOXES[box], what);
    if (what === "namespace deleted") this.#there.delete(box);
  }

  async #state(): Promise<Observation> {
    const text = JSON.stringify(this.#case.list);
    const withRules = /"(portmap|firewall|ipMasq|macspoofchk)"/.test(text);
    return await observe(
      [...this.#there].map((box) => BOXES[box]),
      withRules,
    );
  }
}

const [dir = "", cnitool] = process.argv.slice(2);
const played = (await Bun.stdin.json()) as Case;
// The number of a device's directory is read there, of this namespace.
await run(["mount", "-t", "sysfs", "sysfs", "/sys"]);
const host = await Host.create();
const caller =
  cnitool === undefined ? new ByPlugins(dir, played) : new ByCnitool(cnitool, dir, played);
await Bun.write(Bun.stdout, JSON.stringify(await new Side(played, caller).play(host)));
