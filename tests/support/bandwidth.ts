import { mkdirSync } from "node:fs";
import { type Trial, type TrialOutcome, tryPlugin } from "../../src/plugin/index.ts";
import { plugin } from "../../src/plugins/bandwidth/index.ts";
import { must, type RunAnswer } from "./exec.ts";
import type { Container } from "./host.ts";
import { forEachTest, HostLab } from "./host-lab.ts";
import type { PluginSet } from "./plugin-sets.ts";

type Keys = Readonly<Record<string, unknown>>;

/** The name of the ifb device of container `cid1` on network `net1`, as every implementation has it. */
export const IFB = "bwpe8f6f419596f";
/** The limits that tests set: 8 and 16 Mbit/s, bursts of 100000 bytes. */
export const LIMITS: Keys = {
  ...{ ingressRate: 8_000_000, ingressBurst: 800_000 },
  ...{ egressRate: 16_000_000, egressBurst: 800_000 },
};

/** What `tc -j` says of a qdisc or a filter, as far as tests look at it. */
export interface Traffic {
  readonly kind: string;
  readonly handle?: string;
  readonly dev?: string;
  readonly pref?: number;
  readonly options?: {
    readonly rate?: number;
    readonly burst?: number;
    readonly lat?: number;
    readonly match?: unknown;
    readonly actions?: readonly { readonly kind: string; readonly to_dev?: string }[];
  };
}

/** What `ip -j -d link` says, as far as tests look at it. */
export interface LinkText {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly ifalias?: string;
  readonly txqlen?: number;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string };
}

/** Call it at the top of a test file. */
export function bandwidthLab(): BandwidthLab {
  return forEachTest(new BandwidthLab());
}

/** A container `c1` with an interface, and calls of bandwidth on it. */
export class BandwidthLab extends HostLab {
  readonly c1: Container = { name: "c1", netns: "/run/netns/c1" };
  /** Name of the host's end of `eth0`. */
  readonly hostEnd = "vethhost0";
  mac = "";

  constructor() {
    super({ containers: ["c1"] });
  }

  override async begin(): Promise<void> {
    await super.begin();
    // The host's, and left by the first ADD: where the namespace of an ADD is noted.
    mkdirSync("/run/hawser/netns", { recursive: true });
    this.mac = await this.addVeth("eth0", this.hostEnd);
  }

  /** Removes the devices that tests have made or left, too. */
  override async end(): Promise<void> {
    for (const name of await this.devices()) await must(["ip", "link", "delete", name]);
    await super.end();
  }

  /** A veth pair between host and container, up; gives the hardware address of the host's end. */
  async addVeth(inside: string, outside: string, container = this.c1): Promise<string> {
    const { name } = container;
    const peer = ["peer", "name", inside, "netns", name];
    await must(["ip", "link", "add", outside, "mtu", "1400", "type", "veth", ...peer]);
    await must(["ip", "link", "set", outside, "up"]);
    await must(["ip", "-n", name, "link", "set", inside, "up"]);
    return (await this.link(outside))?.address ?? "";
  }

  get prevResult(): Keys {
    return {
      cniVersion: "1.1.0",
      interfaces: [
        { name: this.hostEnd, mac: this.mac },
        { name: "eth0", mac: "02:00:00:00:00:01", sandbox: this.c1.netns },
      ],
      ips: [{ address: "10.1.2.3/16", interface: 1 }],
    };
  }

  config(keys: Keys): Keys {
    const { prevResult } = this;
    return { cniVersion: "1.1.0", name: "net1", type: "bandwidth", prevResult, ...keys };
  }

  /** Runs our plugin in this process. */
  async call(
    command: Trial["operation"],
    keys: Keys = LIMITS,
    more: Partial<Trial> = {},
  ): Promise<Omit<TrialOutcome, "json"> & { readonly json: Answer }> {
    const config = JSON.stringify(this.config(keys));
    const { netns } = this.c1;
    const outcome = await tryPlugin(plugin, {
      ...{ operation: command, config, netns, containerId: "cid1" },
      ...more,
    });
    return { ...outcome, json: (outcome.json ?? {}) as Answer };
  }

  /** A call that has to succeed. */
  async must(
    command: Trial["operation"],
    keys: Keys = LIMITS,
    more: Partial<Trial> = {},
  ): Promise<Answer> {
    const { exitCode, stdout, json } = await this.call(command, keys, more);
    if (exitCode !== 0) throw new Error(`bandwidth ${command}: ${stdout}`);
    return json;
  }

  /** The same call to the executable of a set of plugins; version 1.0.0, which all of them know. */
  async program(
    set: PluginSet,
    command: "ADD" | "CHECK" | "DEL",
    keys: Keys = LIMITS,
  ): Promise<RunAnswer> {
    const prevResult = { ...this.prevResult, cniVersion: "1.0.0" };
    const config = { ...this.config({ prevResult, ...keys }), cniVersion: "1.0.0" };
    const attachment = { containerId: "cid1", netns: this.c1.netns, ifName: "eth0" };
    return await this.host.plugin(set.dir, "bandwidth", command, config, attachment);
  }

  async qdiscs(dev: string): Promise<Traffic[]> {
    return await this.#tc("qdisc", "show", "dev", dev);
  }

  /** Filters of what comes in, without the tables that hold them. */
  async filters(dev: string): Promise<Traffic[]> {
    const all = await this.#tc("filter", "show", "dev", dev, "ingress");
    return all.filter(({ options }) => options?.match !== undefined);
  }

  async links(): Promise<LinkText[]> {
    return JSON.parse(await must(["ip", "-j", "-d", "link", "show"])) as LinkText[];
  }

  async link(name: string): Promise<LinkText | undefined> {
    return (await this.links()).find(({ ifname }) => ifname === name);
  }

  /** The names of all ifb devices. */
  async devices(): Promise<string[]> {
    const all = await this.links();
    return all.filter(({ linkinfo }) => linkinfo?.info_kind === "ifb").map((each) => each.ifname);
  }

  async #tc(...words: string[]): Promise<Traffic[]> {
    return JSON.parse((await must(["tc", "-j", ...words])) || "[]") as Traffic[];
  }
}

/** A result or an error. */
export interface Answer {
  readonly interfaces?: readonly { name: string; mac?: string; sandbox?: string; mtu?: number }[];
  readonly ips?: readonly unknown[];
  readonly code?: number;
  readonly msg?: string;
  readonly details?: string;
}
