import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TrialOutcome, tryPlugin } from "../../src/plugin/index.ts";
import { plugin } from "../../src/plugins/dhcp/index.ts";
import type { JsonObject, Operation } from "../../src/spec/index.ts";
import { must, ownEnvironment } from "./exec.ts";
import { type Container, Host } from "./host.ts";
import { forEachTest, made, type TestLab } from "./host-lab.ts";
import { startable } from "./programs.ts";
import { until } from "./until.ts";

/** A program that goes on running, and what it has said. */
export class Running implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  #said = "";

  private constructor(argv: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = Bun.spawn(startable(argv), {
      env: { ...ownEnvironment(), ...env },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    void this.#listen();
  }

  /** Starts it and waits until it says that it is ready. */
  static async start(
    argv: readonly string[],
    ready: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Running> {
    const running = new Running(argv, env);
    await running.says(ready);
    return running;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Everything that it has written to stderr. */
  get said(): string {
    return this.#said;
  }

  /** Waits until what it has said matches. */
  async says(pattern: RegExp, timeoutMs = 20_000): Promise<string> {
    await until(
      () => `${pattern.source} was not said: ${this.#said}`,
      () => pattern.test(this.#said) || this.#child.exitCode !== null,
      timeoutMs,
    );
    if (!pattern.test(this.#said)) throw new Error(`it ended: ${this.#said}`);
    return this.#said;
  }

  /** Ends it; gives its exit code. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child.kill(signal);
    await this.#child.exited;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stderr) this.#said += decoder.decode(bytes);
  }
}

/** The server's address, and where its containers are. */
export const SERVER = "10.7.0.1";
export const SERVER_6 = "fd07::1";
export const SOCKET = "/run/cni/dhcp.sock";
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface CallOptions {
  readonly args?: string;
  readonly ifName?: string;
  readonly netns?: string;
  readonly containerId?: string;
  readonly signal?: AbortSignal;
  /** Further keys of the whole configuration. */
  readonly config?: JsonObject;
}

/** Call it at the top of a test file. */
export function dhcpLab(): DhcpLab {
  return forEachTest(new DhcpLab());
}

/** A bridge of the host on which containers and DHCP servers meet; nothing of it is made by a plugin. */
export class DhcpLab implements TestLab, Disposable {
  readonly one: Container = { name: "one", netns: "/run/netns/one" };
  /** The machine that servers run on, with the address SERVER on the bridge. */
  readonly server: Container = { name: "server", netns: "/run/netns/server" };
  /** For the servers' files. */
  readonly directory: string = mkdtempSync(join(tmpdir(), "dhcp-lab-"));
  readonly #running: Running[] = [];
  readonly #containers: Container[] = [];
  #host: Host | undefined;
  #plugged = 0;

  static async create(bridge?: string): Promise<DhcpLab> {
    const lab = new DhcpLab();
    await lab.open(bridge);
    return lab;
  }

  get host(): Host {
    return made(this.#host);
  }

  async open(bridge = "br0"): Promise<void> {
    this.#host = await Host.create();
    await must(["ip", "link", "add", bridge, "type", "bridge"]);
    await must(["ip", "link", "set", bridge, "up"]);
    await this.host.container(this.server.name);
    await this.plug(this.server, "eth0", "srv0", bridge);
    await must(["ip", "-n", "server", "address", "add", `${SERVER}/24`, "dev", "eth0"]);
    await must(["ip", "-n", "server", "link", "set", "eth0", "up"]);
  }

  async begin(): Promise<void> {
    await this.container(this.one.name);
  }

  async end(): Promise<void> {
    await this.tidy();
  }

  close(): void {
    this[Symbol.dispose]();
  }

  /** A container with a link on the bridge that is down, as a main plugin leaves it to IPAM. */
  async container(name: string, bridge = "br0"): Promise<Container> {
    const container = await this.host.container(name);
    this.#containers.push(container);
    // Links of a namespace end a little after it, so that no name comes twice.
    await this.plug(container, "eth0", `h${++this.#plugged}-${name}`, bridge);
    return container;
  }

  /** The host's end of the link of the container that was made last by this name. */
  portOf(name: string): string {
    return `h${this.#plugged}-${name}`;
  }

  async plug(container: Container, inside: string, outside: string, bridge: string): Promise<void> {
    await must([
      ...["ip", "link", "add", outside, "type", "veth"],
      ...["peer", "name", inside, "netns", container.name],
    ]);
    await must(["ip", "link", "set", outside, "master", bridge, "up"]);
  }

  /** Starts a program that ends with the test. */
  async start(
    argv: readonly string[],
    ready: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Running> {
    const running = await Running.start(argv, ready, env);
    this.#running.push(running);
    return running;
  }

  async daemon(...flags: string[]): Promise<Running> {
    return await this.start([process.execPath, MAIN, "dhcp", "daemon", ...flags], /listening/);
  }

  /** dnsmasq in the server's namespace, handing out 10.7.0.100 and on. */
  async dnsmasq(...options: string[]): Promise<Running> {
    const argv = [
      ...["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"],
      ...["--interface=eth0", "--bind-interfaces", "--log-dhcp", "--dhcp-authoritative"],
      ...["--no-ping", `--dhcp-leasefile=${this.directory}/dnsmasq.leases`, "--pid-file="],
      ...byDefault("--dhcp-range", "10.7.0.100,10.7.0.150,255.255.255.0,1h", options),
      ...options,
    ];
    return await this.start(this.inside(this.server, argv), /DHCP, IP range/);
  }

  /** dnsmasq as a server of DHCPv6 alone, handing out fd07::100 and on; it advertises itself as a router. */
  async dnsmasq6(...options: string[]): Promise<Running> {
    await this.address6();
    const argv = [
      ...["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"],
      ...["--interface=eth0", "--bind-interfaces", "--log-dhcp", "--dhcp-authoritative"],
      "--pid-file=",
      ...byDefault("--dhcp-range", "fd07::100,fd07::1ff,64,1h", options),
      ...byDefault("--dhcp-leasefile", `${this.directory}/dnsmasq.leases`, options),
      ...options,
    ];
    return await this.start(this.inside(this.server, argv), /DHCPv6, IP range/);
  }

  /** A router on the bridge that advertises fd07::/64, by which hosts form addresses themselves. */
  async router(...options: string[]): Promise<Running> {
    await this.address6();
    const argv = [
      ...["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"],
      ...["--interface=eth0", "--bind-interfaces", "--log-dhcp", "--enable-ra", "--pid-file="],
      ...byDefault("--dhcp-range", "fd07::,ra-only,64,1h", options),
      ...options,
    ];
    return await this.start(this.inside(this.server, argv), /router advertisement on fd07::/);
  }

  /** Gives the server's machine its IPv6 address, usable at once. */
  async address6(): Promise<void> {
    const add = ["address", "replace", `${SERVER_6}/64`, "dev", "eth0", "nodad"];
    await must(["ip", "-n", "server", ...add]);
  }

  /** Lines of dnsmasq's lease file. */
  dnsmasqLeases(): string[] {
    const path = join(this.directory, "dnsmasq.leases");
    const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    // The server's own identifier stands among the leases.
    return lines.filter((line) => line !== "" && !line.startsWith("duid "));
  }

  /** Waits until that many leases stand in it: it is emptied and written anew at each change. */
  async dnsmasqHas(count: number): Promise<void> {
    const found = (): number => this.dnsmasqLeases().length;
    await until(
      () => `${found()} leases, not ${count}`,
      () => found() === count,
      3000,
    );
  }

  /** ISC dhcpd with these statements, in a namespace. */
  async dhcpd(statements: string, where: Container = this.server): Promise<Running> {
    const [config, leases] = [
      join(this.directory, "dhcpd.conf"),
      join(this.directory, "dhcpd.leases"),
    ];
    writeFileSync(config, statements);
    writeFileSync(leases, "", { flag: "a" });
    const argv = ["dhcpd", "-4", "-f", "-d", "--no-pid", "-cf", config, "-lf", leases, "eth0"];
    return await this.start(this.inside(where, argv), /Server starting service/);
  }

  /** ISC dhcpd for DHCPv6 with these statements, in the server's namespace. */
  async dhcpd6(statements: string): Promise<Running> {
    await this.address6();
    const [config, leases] = [
      join(this.directory, "dhcpd6.conf"),
      join(this.directory, "dhcpd.leases"),
    ];
    writeFileSync(config, statements);
    writeFileSync(leases, "", { flag: "a" });
    const argv = ["dhcpd", "-6", "-f", "-d", "--no-pid", "-cf", config, "-lf", leases, "eth0"];
    return await this.start(this.inside(this.server, argv), /Server starting service/);
  }

  /** The lease file of dhcpd. */
  dhcpdLeases(): string {
    return readFileSync(join(this.directory, "dhcpd.leases"), "utf8");
  }

  inside(container: Container, argv: readonly string[]): string[] {
    return ["nsenter", `--net=${container.netns}`, "--", ...argv];
  }

  /** Calls the plugin in this process. */
  async call(
    command: Operation,
    container: Container,
    ipam: JsonObject = {},
    options: CallOptions = {},
  ): Promise<TrialOutcome> {
    const config = {
      ...{ cniVersion: "1.1.0", name: "net1", type: "dhcp", ipam: { type: "dhcp", ...ipam } },
      ...options.config,
    };
    return await tryPlugin(plugin, {
      ...{ operation: command, config },
      containerId: options.containerId ?? `id-${container.name}`,
      netns: options.netns ?? container.netns,
      ...(options.ifName === undefined ? {} : { ifName: options.ifName }),
      ...(options.args === undefined ? {} : { args: options.args }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  }

  /** ADD that has to succeed; puts the address on the link, as a main plugin does. */
  async attach(
    container: Container,
    ipam: JsonObject = {},
    options: CallOptions = {},
  ): Promise<DhcpResult> {
    const outcome = await this.call("ADD", container, ipam, options);
    if (outcome.exitCode !== 0) throw new Error(`ADD failed: ${outcome.stdout}`);
    const result = outcome.json as unknown as DhcpResult;
    for (const { address } of result.ips) {
      await must(["ip", "-n", container.name, "address", "add", address, "dev", "eth0"]);
    }
    return result;
  }

  /** Ends what runs and removes the containers. */
  async tidy(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((running) => running.end("SIGKILL")));
    for (const container of this.#containers.splice(0)) {
      await this.host.remove(container).catch(() => undefined);
    }
    for (const tree of ["/run/cni", "/run/hawser"]) rmSync(tree, { recursive: true, force: true });
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.directory);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function byDefault(name: string, value: string, options: readonly string[]): string[] {
  return options.some((option) => option.startsWith(`${name}=`)) ? [] : [`${name}=${value}`];
}

export interface DhcpResult {
  readonly ips: readonly { readonly address: string; readonly gateway?: string }[];
  readonly routes?: readonly {
    readonly dst: string;
    readonly gw?: string;
    readonly priority?: number;
    readonly scope?: number;
  }[];
  readonly dns?: {
    readonly nameservers?: readonly string[];
    readonly domain?: string;
    readonly search?: readonly string[];
  };
}
