import { type Plugin, type Trial, type TrialOutcome, tryPlugin } from "../../src/plugin/index.ts";
import type { JsonObject, Operation } from "../../src/spec/index.ts";
import { must } from "./exec.ts";
import type { Container, Host } from "./host.ts";
import { forEachTest, HostLab, made, type TestLab } from "./host-lab.ts";
import type { PluginSet } from "./plugin-sets.ts";
import { until } from "./until.ts";

type Keys = Readonly<Record<string, unknown>>;

/** A far machine's addresses: every network of the lab claims to lead there. */
export const FAR4 = "198.51.100.1";
export const FAR6 = "2001:db8:5::1";

/** A rule or a route as `ip -j` prints it, as far as tests look at it. */
export interface IpObject {
  readonly [key: string]: unknown;
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly src?: string;
  readonly table?: string;
  readonly priority?: number;
}

/** One network of the container: an interface, and the router at its other end. */
export interface Lan {
  readonly ifName: string;
  readonly number: number;
  readonly router: Container;
  readonly address4: string;
  readonly address6: string;
  readonly gateway4: string;
  readonly gateway6: string;
}

/** Call it at the top of a test file. */
export function routingLab(): RoutingLab {
  return forEachTest(new RoutingLab());
}

/**
 * A container with a veth to a router for each of its networks. Each router says that it is the far
 * machine, so that an answer which takes the wrong way ends at the wrong router.
 */
export class RoutingLab implements TestLab {
  readonly #lab = new HostLab({ containers: [] });
  #container: Container | undefined;
  #lans: Lan[] = [];
  #count = 0;

  get host(): Host {
    return this.#lab.host;
  }

  /** The container that was connected last. */
  get container(): Container {
    return made(this.#container);
  }

  async open(): Promise<void> {
    await this.#lab.open();
  }

  async end(): Promise<void> {
    await this.#lab.end();
  }

  /** Starts a server in the container, until the test ends. */
  async serve(): Promise<void> {
    await this.#lab.serve(this.container);
  }

  /** Makes a container with these interfaces. */
  async connect(...ifNames: string[]): Promise<void> {
    this.#lans = [];
    this.#container = await this.host.container(`c${++this.#count}`);
    for (const [at, ifName] of ifNames.entries()) await this.#addLan(ifName, at + 1);
    await this.settled();
  }

  /** Waits until every interface that is up has its link-local address: links come up by and by. */
  async settled(): Promise<void> {
    let waiting: unknown[] = [];
    const told = (): string => `link-local addresses of ${JSON.stringify(waiting)}`;
    await until(told, async () => {
      const links = await this.ip("address", "show", "up");
      waiting = links.filter(({ ifname, addr_info: info }) => {
        if (!this.#lans.some((lan) => lan.ifName === ifname)) return false;
        const own = (info as { scope: string; tentative?: boolean }[]).find(
          ({ scope }) => scope === "link",
        );
        return own === undefined || own.tentative === true;
      });
      return waiting.length === 0;
    });
  }

  lan(ifName: string): Lan {
    const found = this.#lans.find((lan) => lan.ifName === ifName);
    if (found === undefined) throw new Error(`no interface ${ifName} in this lab`);
    return found;
  }

  async #addLan(ifName: string, number: number): Promise<void> {
    const { name } = this.container;
    const router = await this.host.container(`${name}-r${number}`);
    const lan: Lan = {
      ...{ ifName, number, router },
      ...{ address4: `10.${number}.0.2`, gateway4: `10.${number}.0.1` },
      ...{ address6: `fd0${number}::2`, gateway6: `fd0${number}::1` },
    };
    this.#lans.push(lan);
    const inside = ["ip", "-n", name];
    const there = ["ip", "-n", router.name];
    for (const each of [name, router.name]) {
      const key = "net.ipv6.conf.default.accept_dad=0";
      await must(["ip", "netns", "exec", each, "sysctl", "-q", "-w", key]);
    }
    for (const words of [
      [...there, "link", "add", "lan", "type", "veth", "peer", "name", ifName, "netns", name],
      [...there, "address", "add", `${FAR4}/32`, "dev", "lo"],
      [...there, "address", "add", `${FAR6}/128`, "dev", "lo", "nodad"],
      [...there, "address", "add", `${lan.gateway4}/24`, "dev", "lan"],
      [...there, "address", "add", `${lan.gateway6}/64`, "dev", "lan", "nodad"],
      [...there, "link", "set", "lan", "up"],
      [...inside, "address", "add", `${lan.address4}/24`, "dev", ifName],
      [...inside, "address", "add", `${lan.address6}/64`, "dev", ifName, "nodad"],
      [...inside, "link", "set", ifName, "up"],
      // The far machine speaks: every router uses its address as the source.
      [...there, "route", "replace", `10.${number}.0.0/24`, "dev", "lan", "src", FAR4],
      [...there, "-6", "route", "add", `fd0${number}::2/128`, "dev", "lan", "src", FAR6],
      // As IPAM's default routes come to be: the latest stands before the others.
      [...inside, "route", "prepend", "default", "via", lan.gateway4, "dev", ifName],
      [...inside, "-6", "route", "append", "default", "via", lan.gateway6, "dev", ifName],
    ]) {
      await must(words);
    }
  }

  async ip(...words: string[]): Promise<IpObject[]> {
    const text = await must(["ip", "-n", this.container.name, "-j", ...words]);
    return JSON.parse(text.trim() === "" ? "[]" : text) as IpObject[];
  }

  /** Rules beside the kernel's own. */
  async rules(): Promise<IpObject[]> {
    const all = [...(await this.ip("-4", "rule")), ...(await this.ip("-6", "rule"))];
    return all.filter(({ src, l3mdev }) => src !== "all" && l3mdev === undefined);
  }

  /** Routes of a table in the words of `ip`, without what changes by itself. */
  async routes(table: string | number, family: 4 | 6 | "both" = "both"): Promise<string[]> {
    const found: string[] = [];
    for (const each of family === "both" ? [4, 6] : [family]) {
      const show = ["-o", `-${each}`, "route", "show", "table", String(table)];
      const text = await must(["ip", "-n", this.container.name, ...show]).catch(() => "");
      found.push(
        ...text
          .split("\n")
          .filter((line) => line !== "")
          .map(routeLine),
      );
    }
    return found;
  }

  /** Everything about routing that a plugin could change. */
  async everything(): Promise<unknown> {
    await this.settled();
    const links = await this.ip("-d", "link");
    return {
      routes: await this.routes("all"),
      rules: await this.rules(),
      links: links.map(({ ifname, master, flags }) => {
        return { ifname, master, up: (flags as string[]).includes("UP") };
      }),
      addresses: (await this.ip("address")).map(({ ifname, addr_info: info }) => ({
        ifname,
        info,
      })),
    };
  }

  /** What an ADD of the interface's own plugin would have returned. */
  result(ifName: string, changes: Keys = {}): Keys {
    const { address4, address6, gateway4, gateway6 } = this.lan(ifName);
    return {
      cniVersion: "1.1.0",
      interfaces: [{ name: "vethhost" }, { name: ifName, sandbox: this.container.netns }],
      ips: [
        { address: `${address4}/24`, gateway: gateway4, interface: 1 },
        { address: `${address6}/64`, gateway: gateway6, interface: 1 },
      ],
      routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
      ...changes,
    };
  }

  config(type: string, ifName: string, keys: Keys = {}): Keys {
    const prevResult = this.result(ifName);
    return { cniVersion: "1.1.0", name: "net", type, prevResult, ...keys };
  }

  /** Runs one of our plugins in this process. */
  async call(
    plugin: Plugin,
    command: Operation,
    ifName: string,
    keys: Keys = {},
    more: Partial<Trial> = {},
  ): Promise<Omit<TrialOutcome, "json"> & { readonly json: Keys }> {
    const config = this.config(plugin.name, ifName, keys) as JsonObject;
    const outcome = await tryPlugin(plugin, {
      ...{ operation: command, config, ifName, netns: this.container.netns },
      containerId: this.container.name,
      ...more,
    });
    return { ...outcome, json: (outcome.json ?? {}) as Keys };
  }

  /** A call of another implementation's executable that has to succeed, by version 1.0.0. */
  async program(
    { dir, name: set }: PluginSet,
    type: string,
    command: "ADD" | "CHECK" | "DEL",
    ifName: string,
    keys: Keys = {},
  ): Promise<void> {
    const { netns, name } = this.container;
    const prevResult = this.result(ifName, { cniVersion: "1.0.0" });
    const config = this.config(type, ifName, { cniVersion: "1.0.0", prevResult, ...keys });
    const attachment = { containerId: name, netns, ifName };
    const answer = await this.host.plugin(dir, type, command, config, attachment);
    if (answer.exitCode !== 0) throw new Error(`${set} ${command}: ${answer.stdout}`);
  }

  /** A call that has to succeed. */
  async succeed(
    plugin: Plugin,
    command: Operation,
    ifName: string,
    keys: Keys = {},
    more: Partial<Trial> = {},
  ): Promise<Keys> {
    const { exitCode, json, stdout, stderr } = await this.call(plugin, command, ifName, keys, more);
    if (exitCode !== 0) throw new Error(`${plugin.name} ${command}: ${stdout} ${stderr}`);
    return json;
  }
}

/** Hops of one route have no order. */
function routeLine(line: string): string {
  const [route = "", ...hops] = line
    .replaceAll(/ pref medium| expires \S+/g, "")
    .split("\\")
    .map((part) => part.trim().replaceAll(/\s+/g, " "));
  return [route, ...hops.toSorted()].join(" ");
}
