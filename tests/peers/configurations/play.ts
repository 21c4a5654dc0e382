import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, ownEnvironment, type RunAnswer, run } from "../../support/exec.ts";
import { type Container, Host } from "../../support/host.ts";
import { hawserPlugins, newestPlugins } from "../../support/plugin-sets.ts";
import { OURS, THEIRS } from "../cnitool.ts";
import type { Configuration } from "./generate.ts";
import { print } from "./json.ts";

/** Runs a configuration with a cnitool and the plugins of its make, and tells what came of it. */

export interface Make {
  readonly cnitool: string;
  readonly plugins: string;
}

export const GO: Make = { cnitool: THEIRS.path, plugins: newestPlugins().dir };
export const HAWSER: Make = { cnitool: OURS.path, plugins: hawserPlugins().dir };

/** What a stranger sees of a network that was added, checked and deleted. */
export interface Course {
  readonly add: "done" | "failed";
  /** What was said when it failed; each make has its own words. */
  readonly said: string;
  readonly result?: unknown;
  readonly inside?: readonly string[];
  readonly check?: "done" | "failed";
  readonly checkSaid?: string;
  readonly del?: "done" | "failed";
  readonly delSaid?: string;
  readonly remains?: readonly string[];
}

/** lo, uplink0 and its peer, dev5 and its peer. */
const LINKS = 5;

/** A host with a card to give away, a link to stand on, and one container. */
export class Theatre {
  readonly #host: Host;
  #container: Container | undefined;

  private constructor(host: Host) {
    this.#host = host;
  }

  static async open(): Promise<Theatre> {
    const theatre = new Theatre(await Host.create());
    await theatre.#clear();
    return theatre;
  }

  /** Everything as it was at first. */
  async #clear(): Promise<void> {
    // By the far ends: the near ones may be in the container, whose end the kernel works on.
    for (const link of ["lan0", "far5"]) await run(["ip", "link", "delete", link]);
    if (this.#container !== undefined) await run(["ip", "netns", "delete", this.#container.name]);
    for (const tree of ["results", "other"]) {
      rmSync(join("/var/lib/cni", tree), { recursive: true, force: true });
    }
    await this.#host.tidy();
    for (const [link, peer] of [
      ["uplink0", "lan0"],
      ["dev5", "far5"],
    ] as const) {
      await must(["ip", "link", "add", link, "type", "veth", "peer", "name", peer]);
      await must(["ip", "link", "set", "dev", peer, "up"]);
      await must(["ip", "link", "set", "dev", link, "up"]);
    }
    this.#container = await this.#host.container("c1");
  }

  /** ADD; what has come of it; CHECK; DEL; what remains. */
  async play(make: Make, configuration: Configuration): Promise<Course> {
    const directory = mkdtempSync(join(tmpdir(), "hawser-gen-"));
    writeFileSync(join(directory, "10-net.conflist"), configuration.text);
    const env = {
      ...ownEnvironment(),
      ...{ NETCONFPATH: directory, CNI_PATH: make.plugins },
      CAP_ARGS: print(configuration.capabilityArgs),
    };
    const netns = this.#container?.netns ?? "";
    const call = (word: string): Promise<RunAnswer> =>
      run([make.cnitool, word, configuration.network, netns], { env });
    try {
      const add = await call("add");
      if (add.exitCode !== 0) return { add: "failed", said: errorOf(add) };
      const inside = await this.#inside();
      const check = await call("check");
      const del = await call("del");
      return {
        ...{ add: "done", said: "" },
        ...{ result: JSON.parse(add.stdout), inside },
        ...{
          check: endOf(check),
          checkSaid: errorOf(check),
          del: endOf(del),
          delSaid: errorOf(del),
        },
        remains: await this.#inside(),
      };
    } finally {
      rmSync(directory, { recursive: true });
      if (!(await this.#isUntouched())) await this.#clear();
    }
  }

  /** Whether a call that failed has left everything alone; most do, and clearing takes long. */
  async #isUntouched(): Promise<boolean> {
    const links = readFileSync("/proc/net/dev", "latin1").match(/^ *\S+:/gm)?.length;
    if (links !== LINKS) return false;
    if (existsSync("/var/lib/cni/networks") || existsSync("/run/cni")) return false;
    const inside = await must(["ip", "-n", "c1", "-o", "link"]);
    return inside.split("\n").every((line) => line === "" || /^\d+: lo: /.test(line));
  }

  /** Links of the container but for its loopback, their addresses, and the routes. */
  async #inside(): Promise<string[]> {
    const ip = (...words: string[]): Promise<string> => must(["ip", "-n", "c1", "-j", ...words]);
    const links = JSON.parse(await ip("address", "show")) as readonly Link[];
    const routes = [
      ...(JSON.parse(await ip("-4", "route")) as readonly Route[]),
      ...(JSON.parse(await ip("-6", "route")) as readonly Route[]),
    ];
    return [
      ...links.filter(({ ifname }) => ifname !== "lo").map(linkText),
      ...routes.map(routeText).filter((text) => !text.startsWith("route fe80::/64 ")),
    ].sort();
  }
}

interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly txqlen?: number;
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

interface Route {
  readonly dst: string;
  readonly gateway?: string;
  readonly metric?: number;
}

function linkText({ ifname, mtu, flags, txqlen, addr_info }: Link): string {
  const said = ["UP", "PROMISC", "ALLMULTI"].filter((flag) => flags.includes(flag));
  const global = addr_info.filter(({ scope }) => scope !== "link");
  const addresses = global.map(({ local, prefixlen }) => `${local}/${prefixlen}`).sort();
  return [`link ${ifname} mtu ${mtu} queue ${txqlen}`, ...said, ...addresses].join(" ");
}

function routeText({ dst, gateway, metric }: Route): string {
  return `route ${dst} via ${gateway ?? "-"} metric ${metric ?? 0}`;
}

function endOf({ exitCode }: RunAnswer): "done" | "failed" {
  return exitCode === 0 ? "done" : "failed";
}

function errorOf({ stderr, stdout }: RunAnswer): string {
  return (
    (/^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().slice(0, 300)) ||
    stdout.trim().slice(0, 200)
  );
}
