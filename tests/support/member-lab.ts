import { expect } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { type Plugin, type TrialOutcome, tryPlugin } from "../../src/plugin/index.ts";
import type { JsonObject, Operation } from "../../src/spec/index.ts";
import { Agent } from "./agent.ts";
import { must, ownEnvironment, run } from "./exec.ts";
import { type Container, Host, type Outside } from "./host.ts";
import { made, type TestLab } from "./host-lab.ts";
import { requireStarted } from "./programs.ts";

/** A container on a bridge of the lab. */
export interface Member {
  readonly container: Container;
  readonly agent: Agent;
  readonly address4: string;
  readonly address6: string;
  /** The result of the plugins before the one that is tested. */
  readonly prevResult: JsonObject;
}

/** What a call is about; what is left out is that of the lab. */
export interface MemberCall {
  readonly member?: Member;
  readonly network?: string;
  readonly containerId?: string;
  readonly ifName?: string;
  readonly args?: string;
  /** Further keys of the configuration. */
  readonly keys?: object;
  readonly env?: Readonly<Record<string, string>>;
}

/** The host's addresses as the containers on the first bridge see them. */
export const GATEWAY4 = "10.1.0.1";
export const GATEWAY6 = "fd00:10:1::1";

/**
 * A host with bridges, containers on them and a machine outside, all with an agent. Nothing of it
 * is made by a plugin, so that a chained plugin is tested alone.
 */
export abstract class MemberLab<Call extends MemberCall> implements TestLab {
  readonly plugin: Plugin;
  readonly members: Member[] = [];
  /** What every call has in its environment. */
  protected readonly env: Readonly<Record<string, string>> = {};
  #host: Host | undefined;
  #outside: Outside | undefined;
  #hostAgent: Agent | undefined;
  #outsideAgent: Agent | undefined;

  constructor(plugin: Plugin) {
    this.plugin = plugin;
  }

  get host(): Host {
    return made(this.#host);
  }

  get outside(): Outside {
    return made(this.#outside);
  }

  get hostAgent(): Agent {
    return made(this.#hostAgent);
  }

  get outsideAgent(): Agent {
    return made(this.#outsideAgent);
  }

  /** The configuration that the plugin gets. */
  abstract config(operation: Operation, call: Call): JsonObject;

  async open(): Promise<void> {
    this.#host = await Host.create();
    this.#outside = await this.host.outside();
    this.#hostAgent = Agent.start("host");
    this.#outsideAgent = Agent.start("outside", this.outside);
    for (const key of ["ipv4/ip_forward", "ipv6/conf/all/forwarding"]) {
      writeFileSync(`/proc/sys/net/${key}`, "1");
    }
    // With br_netfilter, answers between neighbours would pass the host's rules by chance.
    for (const program of ["iptables", "ip6tables"]) {
      const key = `/proc/sys/net/bridge/bridge-nf-call-${program}`;
      if (existsSync(key)) writeFileSync(key, "0");
    }
  }

  /** Takes away every rule, record and flow that a test left. */
  async end(): Promise<void> {
    await must(["nft", "flush", "ruleset"]);
    await this.forget();
  }

  async close(): Promise<void> {
    const agents = [this.#hostAgent, this.#outsideAgent, ...this.members.map((each) => each.agent)];
    await Promise.all(agents.map(async (agent) => await agent?.stop()));
  }

  /** Takes away records and flows. */
  protected async forget(): Promise<void> {
    await run(["conntrack", "-F"]);
    rmSync("/run/hawser", { recursive: true, force: true });
    mkdirSync("/run/hawser");
  }

  /** Makes the bridge of a network, to which the machine outside knows the way. */
  protected async addBridge(network: number): Promise<void> {
    const name = bridgeOf(network);
    await must(["ip", "link", "add", name, "type", "bridge"]);
    await must(["ip", "link", "set", name, "up"]);
    await must(["ip", "address", "add", `10.${network}.0.1/16`, "dev", name]);
    await must(["ip", "address", "add", `fd00:10:${network}::1/64`, "dev", name, "nodad"]);
    const beyond = ["ip", "-n", this.outside.name, "route", "add"];
    await must([...beyond, `10.${network}.0.0/16`, "via", this.outside.hostAddress4]);
    await must([...beyond, `fd00:10:${network}::/64`, "via", this.outside.hostAddress6]);
  }

  /** Makes the container of a number on a network's bridge; it serves TCP and UDP on port 80. */
  protected async join(number: number, network: number): Promise<void> {
    const name = `c${number}`;
    const container = await this.host.container(name);
    const [address4, address6] = [`10.${network}.0.1${number}`, `fd00:10:${network}::1${number}`];
    const inside = ["ip", "-n", name];
    const port = `port${number}`;
    await must(["ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name]);
    await must(["ip", "link", "set", port, "master", bridgeOf(network), "up"]);
    await must(["ip", "link", "set", port, "type", "bridge_slave", "hairpin", "on"]);
    await must([...inside, "address", "add", `${address4}/16`, "dev", "eth0"]);
    await must([...inside, "address", "add", `${address6}/64`, "dev", "eth0", "nodad"]);
    await must([...inside, "link", "set", "eth0", "up"]);
    await must([...inside, "route", "add", "default", "via", `10.${network}.0.1`]);
    await must([...inside, "-6", "route", "add", "default", "via", `fd00:10:${network}::1`]);
    const agent = Agent.start(name, container);
    await agent.serve("tcp", 80);
    await agent.serve("udp", 80);
    const addresses = [`${address4}/16`, `${address6}/64`];
    const prevResult = resultOf(container.netns, addresses, "eth0", bridgeOf(network));
    this.members.push({ container, agent, address4, address6, prevResult });
  }

  /** The container of this number, from 1 on. */
  member(number: number): Member {
    return made(this.members[number - 1]);
  }

  /** Calls the plugin in this process. */
  async call(command: Operation, call: Call): Promise<TrialOutcome> {
    const { member, containerId, ifName, args, env } = call;
    const outcome = await tryPlugin(this.plugin, {
      operation: command,
      config: this.config(command, call),
      netns: member?.container.netns ?? "",
      containerId: containerId ?? member?.container.name ?? "c1",
      ...(ifName === undefined ? {} : { ifName }),
      ...(args === undefined ? {} : { args }),
      env: { ...ownEnvironment(), ...this.env, ...env },
    });
    if (outcome.exitCode !== 0) requireStarted(outcome.stdout);
    return outcome;
  }

  /** A call that has to succeed. */
  async done(command: Operation, call: Call): Promise<TrialOutcome> {
    const outcome = await this.call(command, call);
    expect(outcome.exitCode === 0 ? "" : outcome.stdout).toBe("");
    return outcome;
  }

  /** Calls an executable, such as a reference plugin; gives what it printed when it failed. */
  async callProgram(path: string, command: Operation, call: Call): Promise<string> {
    const answer = await run([path], {
      stdin: JSON.stringify(this.config(command, call)),
      env: {
        ...ownEnvironment(),
        ...this.env,
        CNI_COMMAND: command,
        CNI_CONTAINERID: call.containerId ?? call.member?.container.name ?? "c1",
        CNI_NETNS: call.member?.container.netns ?? "",
        CNI_IFNAME: call.ifName ?? "eth0",
        CNI_PATH: "/nonexistent/bin",
        ...call.env,
      },
    });
    return answer.exitCode === 0 ? "" : `${answer.stdout}${answer.stderr}`;
  }
}

function bridgeOf(network: number): string {
  return `br${network - 1}`;
}

/** A result with one interface in a namespace. */
export function resultOf(
  netns: string,
  addresses: readonly string[],
  ifName = "eth0",
  bridge = "br0",
): JsonObject {
  return {
    cniVersion: "1.0.0",
    interfaces: [{ name: bridge }, { name: ifName, sandbox: netns }],
    ips: addresses.map((address) => ({ address, interface: 1 })),
  };
}
