import { mkdirSync, rmSync } from "node:fs";
import { type Plugin, type TrialOutcome, tryPlugin } from "../../src/plugin/index.ts";
import type { JsonObject, Operation } from "../../src/spec/index.ts";
import { Agent } from "./agent.ts";
import { must, ownEnvironment, run } from "./exec.ts";
import { type Member, PortLab } from "./port-lab.ts";

/** What a call of firewall is about; what is left out is that of the laboratory. */
export interface FirewallCall {
  readonly member: Member;
  readonly network?: string;
  readonly containerId?: string;
  /** Further keys of the configuration. */
  readonly keys?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the laboratory's; null for none. */
  readonly prevResult?: JsonObject | null;
  readonly cniVersion?: string;
  readonly valid?: JsonObject[];
}

/**
 * The port laboratory with a second bridge and a container behind it. Containers 1 and 2 are
 * behind br0, container 3 is behind br1.
 */
export class FirewallLab {
  readonly ports: PortLab;
  readonly third: Member;

  private constructor(ports: PortLab, third: Member) {
    this.ports = ports;
    this.third = third;
  }

  static async create(): Promise<FirewallLab> {
    const ports = await PortLab.create(2);
    await ports.outsideAgent.serve("tcp", 80);
    await ports.hostAgent.serve("tcp", 80);
    const third = await secondBridge(ports);
    return new FirewallLab(ports, third);
  }

  member(number: 1 | 2 | 3): Member {
    return number === 3 ? this.third : this.ports.member(number);
  }

  /** The configuration that firewall gets. */
  config(operation: Operation, call: FirewallCall): JsonObject {
    const { member, network, keys, prevResult, cniVersion, valid } = call;
    const isOfNode = operation === "GC" || operation === "STATUS";
    const result = prevResult === undefined ? member.prevResult : prevResult;
    return {
      cniVersion: cniVersion ?? (isOfNode ? "1.1.0" : "1.0.0"),
      name: network ?? "net1",
      type: "firewall",
      ...(isOfNode || result === null ? {} : { prevResult: result }),
      ...(operation === "GC" ? { "cni.dev/valid-attachments": valid ?? [] } : {}),
      ...keys,
    };
  }

  /** Calls our plugin in this process. */
  async call(plugin: Plugin, command: Operation, call: FirewallCall): Promise<TrialOutcome> {
    const { member, containerId, env } = call;
    return await tryPlugin(plugin, {
      operation: command,
      config: this.config(command, call),
      netns: member.container.netns,
      containerId: containerId ?? member.container.name,
      env: { ...ownEnvironment(), ...NO_BUS, ...env },
    });
  }

  /** Calls an executable, such as a reference plugin; gives what it printed when it failed. */
  async callProgram(path: string, command: Operation, call: FirewallCall): Promise<string> {
    const { member, containerId, env } = call;
    const answer = await run([path], {
      stdin: JSON.stringify(this.config(command, call)),
      env: {
        ...ownEnvironment(),
        ...NO_BUS,
        CNI_COMMAND: command,
        CNI_CONTAINERID: containerId ?? member.container.name,
        CNI_NETNS: member.container.netns,
        CNI_IFNAME: "eth0",
        CNI_PATH: "/nonexistent/bin",
        ...env,
      },
    });
    return answer.exitCode === 0 ? "" : `${answer.stdout}${answer.stderr}`;
  }

  /** Whether TCP gets from one place to another: `from` asks port 80 of the address. */
  async reaches(from: Agent, address: string): Promise<boolean> {
    return !(await from.ask("tcp", address, 80)).startsWith("no answer");
  }

  /** Takes away records and flows that a test left, and every rule, or these tables alone. */
  async clear(tables?: readonly string[]): Promise<void> {
    if (tables === undefined) await must(["nft", "flush", "ruleset"]);
    for (const table of tables ?? []) await run(["nft", "delete", "table", ...table.split(" ")]);
    await run(["conntrack", "-F"]);
    rmSync("/run/hawser", { recursive: true, force: true });
    mkdirSync("/run/hawser");
  }

  async end(): Promise<void> {
    await this.ports.end();
    await this.third.agent.stop();
  }
}

/** The machine's own system bus is none of ours. */
const NO_BUS = { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nonexistent/bus" };

async function secondBridge(ports: PortLab): Promise<Member> {
  const { host, outside } = ports;
  const [gateway4, gateway6] = ["10.2.0.1", "fd00:10:2::1"];
  const [address4, address6] = ["10.2.0.13", "fd00:10:2::13"];
  const container = await host.container("c3");
  const inside = ["ip", "-n", "c3"];
  await must(["ip", "link", "add", "br1", "type", "bridge"]);
  await must(["ip", "link", "set", "br1", "up"]);
  await must(["ip", "address", "add", `${gateway4}/16`, "dev", "br1"]);
  await must(["ip", "address", "add", `${gateway6}/64`, "dev", "br1", "nodad"]);
  await must(["ip", "link", "add", "port3", "type", "veth", "peer", "name", "eth0", "netns", "c3"]);
  await must(["ip", "link", "set", "port3", "master", "br1", "up"]);
  await must([...inside, "address", "add", `${address4}/16`, "dev", "eth0"]);
  await must([...inside, "address", "add", `${address6}/64`, "dev", "eth0", "nodad"]);
  await must([...inside, "link", "set", "eth0", "up"]);
  await must([...inside, "route", "add", "default", "via", gateway4]);
  await must([...inside, "-6", "route", "add", "default", "via", gateway6]);
  const beyond = ["ip", "-n", outside.name, "route", "add"];
  await must([...beyond, "10.2.0.0/16", "via", outside.hostAddress4]);
  await must([...beyond, "fd00:10:2::/64", "via", outside.hostAddress6]);
  const agent = Agent.start("c3", container);
  await agent.serve("tcp", 80);
  const prevResult = {
    cniVersion: "1.0.0",
    interfaces: [{ name: "br1" }, { name: "eth0", sandbox: container.netns }],
    ips: [`${address4}/16`, `${address6}/64`].map((address) => ({ address, interface: 1 })),
  };
  return { container, agent, address4, address6, prevResult };
}
