import { afterEach, beforeEach } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Plugin, type TrialOutcome, tryPlugin } from "../../src/plugin/index.ts";
import type { JsonObject, Operation } from "../../src/spec/index.ts";
import { Agent } from "./agent.ts";
import { leftOpen, openDescriptors } from "./descriptors.ts";
import { must, ownEnvironment, run } from "./exec.ts";
import { type Container, Host, type Outside } from "./host.ts";

/** A container on the laboratory's bridge. */
export interface Member {
  readonly container: Container;
  readonly agent: Agent;
  readonly address4: string;
  readonly address6: string;
  /** The result of the plugins before portmap. */
  readonly prevResult: JsonObject;
}

/** What a call of portmap is about; what is left out is that of the laboratory. */
export interface PortCall {
  readonly member?: Member;
  readonly network?: string;
  readonly containerId?: string;
  readonly ifName?: string;
  readonly args?: string;
  readonly mappings?: readonly object[] | undefined;
  /** Further keys of the configuration. */
  readonly keys?: object;
  readonly env?: Readonly<Record<string, string>>;
}

/** The host's addresses as the containers see them. */
export const GATEWAY4 = "10.1.0.1";
export const GATEWAY6 = "fd00:10:1::1";

/**
 * A host with a bridge, containers on it and a machine outside, all with an agent. Nothing of it is
 * made by a plugin, so that port mappings are tested alone.
 */
export class PortLab {
  readonly host: Host;
  readonly outside: Outside;
  readonly hostAgent: Agent;
  readonly outsideAgent: Agent;
  readonly members: Member[] = [];

  private constructor(host: Host, outside: Outside) {
    this.host = host;
    this.outside = outside;
    this.hostAgent = Agent.start("host");
    this.outsideAgent = Agent.start("outside", outside);
  }

  /** Makes the laboratory with so many containers, which serve TCP and UDP on port 80. */
  static async create(containers: number): Promise<PortLab> {
    const host = await Host.create();
    const outside = await host.outside();
    const lab = new PortLab(host, outside);
    await must(["ip", "link", "add", "br0", "type", "bridge"]);
    await must(["ip", "link", "set", "br0", "up"]);
    await must(["ip", "address", "add", `${GATEWAY4}/16`, "dev", "br0"]);
    await must(["ip", "address", "add", `${GATEWAY6}/64`, "dev", "br0", "nodad"]);
    for (const key of ["ipv4/ip_forward", "ipv6/conf/all/forwarding"]) {
      writeFileSync(`/proc/sys/net/${key}`, "1");
    }
    // With br_netfilter, answers between neighbours would pass the host's rules by chance.
    for (const program of ["iptables", "ip6tables"]) {
      const key = `/proc/sys/net/bridge/bridge-nf-call-${program}`;
      if (existsSync(key)) writeFileSync(key, "0");
    }
    // The machine outside knows the way to the containers: forwarded traffic is to be seen.
    const inOutside = ["ip", "-n", outside.name];
    await must([...inOutside, "route", "add", "10.1.0.0/16", "via", outside.hostAddress4]);
    await must([...inOutside, "route", "add", "fd00:10:1::/64", "via", outside.hostAddress6]);
    for (let number = 1; number <= containers; number++) await lab.#join(number);
    return lab;
  }

  async #join(number: number): Promise<void> {
    const name = `c${number}`;
    const container = await this.host.container(name);
    const [address4, address6] = [`10.1.0.1${number}`, `fd00:10:1::1${number}`];
    const inside = ["ip", "-n", name];
    const port = `port${number}`;
    await must(["ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name]);
    await must(["ip", "link", "set", port, "master", "br0", "up"]);
    await must(["ip", "link", "set", port, "type", "bridge_slave", "hairpin", "on"]);
    await must([...inside, "address", "add", `${address4}/16`, "dev", "eth0"]);
    await must([...inside, "address", "add", `${address6}/64`, "dev", "eth0", "nodad"]);
    await must([...inside, "link", "set", "eth0", "up"]);
    await must([...inside, "route", "add", "default", "via", GATEWAY4]);
    await must([...inside, "-6", "route", "add", "default", "via", GATEWAY6]);
    const agent = Agent.start(name, container);
    await agent.serve("tcp", 80);
    await agent.serve("udp", 80);
    const prevResult = resultOf(container.netns, [`${address4}/16`, `${address6}/64`]);
    this.members.push({ container, agent, address4, address6, prevResult });
  }

  /** The container of this number, from 1 on. */
  member(number: number): Member {
    const found = this.members[number - 1];
    if (found === undefined) throw new Error(`there is no container ${number}`);
    return found;
  }

  /** The configuration that portmap gets. */
  config(operation: Operation, call: PortCall = {}): Record<string, unknown> {
    const { member, mappings, keys } = call;
    const hasResult = ["ADD", "CHECK", "DEL"].includes(operation) && member !== undefined;
    return {
      cniVersion: operation === "GC" || operation === "STATUS" ? "1.1.0" : "1.0.0",
      name: call.network ?? "net1",
      type: "portmap",
      ...(mappings === undefined ? {} : { runtimeConfig: { portMappings: mappings } }),
      ...(hasResult ? { prevResult: member.prevResult } : {}),
      ...keys,
    };
  }

  /** Calls our plugin in this process. */
  async call(plugin: Plugin, command: Operation, call: PortCall = {}): Promise<TrialOutcome> {
    const { containerId, ifName, args, env } = call;
    return await tryPlugin(plugin, {
      operation: command,
      config: this.config(command, call) as Parameters<typeof tryPlugin>[1]["config"],
      netns: call.member?.container.netns ?? "",
      containerId: containerId ?? call.member?.container.name ?? "c1",
      ...(ifName === undefined ? {} : { ifName }),
      ...(args === undefined ? {} : { args }),
      env: { ...ownEnvironment(), ...env },
    });
  }

  /** Calls an executable, such as a reference plugin; gives what it printed when it failed. */
  async callProgram(path: string, command: Operation, call: PortCall = {}): Promise<string> {
    const answer = await run([path], {
      stdin: JSON.stringify(this.config(command, call)),
      env: {
        ...ownEnvironment(),
        CNI_COMMAND: command,
        CNI_CONTAINERID: call.containerId ?? call.member?.container.name ?? "c1",
        CNI_NETNS: call.member?.container.netns ?? "",
        CNI_IFNAME: call.ifName ?? "eth0",
        CNI_PATH: "/nonexistent/bin",
      },
    });
    return answer.exitCode === 0 ? "" : `${answer.stdout}${answer.stderr}`;
  }

  /** Takes away every rule, record, flow and switch that a test left. */
  async clear(): Promise<void> {
    await must(["nft", "flush", "ruleset"]);
    await run(["conntrack", "-F"]);
    rmSync("/run/hawser", { recursive: true, force: true });
    mkdirSync("/run/hawser");
    for (const link of ["br0", "uplink", "all"]) {
      writeFileSync(`/proc/sys/net/ipv4/conf/${link}/route_localnet`, "0");
    }
  }

  async end(): Promise<void> {
    const agents = [this.hostAgent, this.outsideAgent, ...this.members.map(({ agent }) => agent)];
    await Promise.all(agents.map((agent) => agent.stop()));
  }
}

/**
 * Fails each test that leaves a netlink socket open. Those of programs that a test ran are left
 * out: their pipes are sockets too, which the test runner closes when it likes.
 */
export function failOnLeakedNetlinkSockets(): void {
  let before = new Map<string, string>();
  beforeEach(() => {
    before = openDescriptors();
  });
  afterEach(async () => {
    const netlink = readFileSync("/proc/net/netlink", "utf8");
    const inodes = new Set(netlink.split("\n").map((line) => line.trim().split(/\s+/u).at(-1)));
    const isNetlink = (text: string): boolean => inodes.has(text.match(/socket:\[(\d+)\]/u)?.[1]);
    const left = await leftOpen(before, isNetlink);
    if (left.length > 0) throw new Error(`the test leaked: ${left.join("; ")}`);
  });
}

/** A result with one interface in a namespace. */
export function resultOf(netns: string, addresses: readonly string[], ifName = "eth0"): JsonObject {
  return {
    cniVersion: "1.0.0",
    interfaces: [{ name: "br0" }, { name: ifName, sandbox: netns }],
    ips: addresses.map((address) => ({ address, interface: 1 })),
  };
}
