import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type ChainAnswer,
  type Conflist,
  type Operation,
  type PluginObject,
  runChain,
} from "./chain.ts";
import { ENTRIES, FULL, TestDaemon } from "./daemon.ts";
import { ownEnvironment, ProgramFailure, type RunAnswer, type RunOptions, run } from "./exec.ts";
import { startable } from "./programs.ts";

/** Where a node's configurations lie: /etc is the machine's own. */
const CONF_DIR = "/run/conf";
const READY = "ready";

/** The trees that each node has for itself; those in the first list outlive a start of the node. */
const LASTING = ["/var/lib"] as const;
const PASSING = ["/run"] as const;

export interface FleetNodeOptions {
  readonly name: string;
  /** The directory of the node's trees on the test's disk. */
  readonly directory: string;
  /** Its network namespace, as the test reaches it. */
  readonly netns: string;
  readonly address4: string;
  readonly address6: string;
  /** The id of its start; another one for each start when absent. */
  readonly bootId?: string | undefined;
  /** Makes the node's link, and addresses and routes on it; cuts and heals it. */
  readonly plug: (state: "up" | "down") => Promise<void>;
}

/** What a call of a network's plugins is about. */
export interface NodeCall {
  /** The container's name in the node, which is its container ID as well. */
  readonly container: string;
  readonly ifName?: string;
  /** The text of CNI_ARGS. */
  readonly args?: string;
  readonly prevResult?: ChainAnswer["result"];
  /** Entry programs, which ask the daemon, or executables that do all themselves. */
  readonly by?: "daemon" | "plugin";
  readonly capabilityArgs?: PluginObject;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/**
 * A machine of a fleet: namespaces for network, mounts and host name, with /run and /var/lib of its own. Every
 * program finds its files in the usual places.
 */
export class FleetNode implements AsyncDisposable {
  readonly name: string;
  readonly address4: string;
  readonly address6: string;
  readonly #options: FleetNodeOptions;
  #holder: Bun.Subprocess<"pipe", "pipe", "inherit"> | undefined;
  #daemon: TestDaemon | undefined;

  constructor(options: FleetNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.address4 = options.address4;
    this.address6 = options.address6;
  }

  /** The running daemon. */
  get daemon(): TestDaemon {
    if (this.#daemon === undefined) throw new Error(`${this.name} has no daemon`);
    return this.#daemon;
  }

  /** Where the test finds a file of the node. */
  path(inside: string): string {
    return join(this.#options.directory, inside);
  }

  /** What stands before a command line that runs in the node. */
  get entering(): string[] {
    const holder = this.#holder;
    if (holder === undefined) throw new Error(`${this.name} is not started`);
    return ["nsenter", `--target=${holder.pid}`, "--net", "--mount", "--uts", "--"];
  }

  /** Starts the machine; after `stop` it has lost /run, and all namespaces in it. */
  async boot(): Promise<void> {
    const { directory, netns, name, bootId = crypto.randomUUID() } = this.#options;
    for (const tree of [...LASTING, ...PASSING]) {
      mkdirSync(join(directory, tree), { recursive: true });
    }
    const boot = join(directory, "boot_id");
    writeFileSync(boot, `${bootId}\n`);
    const script = [
      "set -e",
      `echo ${name} >/proc/sys/kernel/hostname`,
      ...[...LASTING, ...PASSING].map((tree) => `mount --bind ${join(directory, tree)} ${tree}`),
      `mount --bind ${boot} /proc/sys/kernel/random/boot_id`,
      "mount -t sysfs none /sys",
      `mkdir -p /run/netns ${CONF_DIR}`,
      `echo ${READY}`,
      "exec cat",
    ].join("\n");
    const inside = ["unshare", "--mount", "--uts", "--propagation=private"];
    const argv = ["nsenter", `--net=${netns}`, "--", ...inside, "sh", "-c", script];
    this.#holder = Bun.spawn(startable(argv), { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    const { value } = await this.#holder.stdout.getReader().read();
    const said = new TextDecoder().decode(value).trim();
    if (said !== READY) throw new Error(`${name} did not start: ${said}`);
    await this.must(["ip", "link", "set", "lo", "up"]);
    await this.must(["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
    await this.#options.plug("up");
  }

  /** The machine ends, as when its power is cut: daemon, containers and /run are gone. */
  async stop(): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]();
    this.#daemon = undefined;
    this.#holder?.kill("SIGKILL");
    await this.#holder?.exited;
    this.#holder = undefined;
    for (const tree of PASSING) rmSync(join(this.#options.directory, tree), { recursive: true });
  }

  /** Lays a network configuration where the node's programs look for it. */
  configure(list: Conflist): void {
    const path = this.path(`${CONF_DIR}/${list.name}.conflist`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(list));
  }

  /** Starts a daemon, in the place of the one before when `--replace` is among the words. */
  async startDaemon(...words: readonly string[]): Promise<TestDaemon> {
    const env = { ...ownEnvironment(), NETCONFPATH: CONF_DIR };
    const daemon = await TestDaemon.start(words, env, this.entering.concat(daemonProgram()));
    this.#daemon = daemon;
    return daemon;
  }

  /** Has the daemon's status, as `hawser daemon --status` prints it. */
  async status(): Promise<Readonly<Record<string, unknown>>> {
    const unix = this.path("/run/hawser/status.sock");
    const answer = await fetch("http://daemon/status", { unix });
    return (await answer.json()) as Readonly<Record<string, unknown>>;
  }

  /** The daemon's metrics, by name and labels as they are printed. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const unix = this.path("/run/hawser/status.sock");
    const text = await (await fetch("http://daemon/metrics", { unix })).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  /** What a file of the node holds, as JSON; undefined where there is none. */
  json<T>(inside: string): T | undefined {
    try {
      return JSON.parse(readFileSync(this.path(inside), "utf8")) as T;
    } catch {
      return undefined;
    }
  }

  /** Runs a program in the node. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunAnswer> {
    const env = { ...(options.env ?? ownEnvironment()), NETCONFPATH: CONF_DIR };
    return await run([...this.entering, ...argv], { ...options, env });
  }

  /** Runs a program that has to succeed. */
  async must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const answer = await this.run(argv, options);
    if (answer.exitCode !== 0) throw new ProgramFailure(answer);
    return answer.stdout;
  }

  /** Makes a container: a named network namespace of the node. */
  async container(name: string): Promise<void> {
    await this.must(["ip", "netns", "add", name]);
  }

  async removeContainer(name: string): Promise<void> {
    await this.must(["ip", "netns", "delete", name]);
  }

  /** Where this process finds the namespace of a container, which is mounted in the node alone. */
  netnsOf(container: string): string {
    return `/proc/${this.#holder?.pid}/root/run/netns/${container}`;
  }

  /** Runs a program in a container. */
  async inside(
    container: string,
    argv: readonly string[],
    options?: RunOptions,
  ): Promise<RunAnswer> {
    return await this.run(["ip", "netns", "exec", container, ...argv], options);
  }

  /** Whether packets go there and back, from the node or from one of its containers. */
  async reaches(address: string, container?: string, seconds = 2): Promise<boolean> {
    // A port that is closed answers as well, and nothing has to listen.
    const script = ["bash", "-c", `: </dev/tcp/${address}/9`];
    const argv = ["timeout", String(seconds), ...script];
    const answer =
      container === undefined ? await this.run(argv) : await this.inside(container, argv);
    return answer.exitCode === 0 || answer.stderr.includes("refused");
  }

  /** Runs one operation of a network's plugins. @throws PluginFailed */
  async call(operation: Operation, list: Conflist, call: NodeCall): Promise<ChainAnswer> {
    const { container, by = "daemon", ifName = "eth0", prevResult, timeoutMs } = call;
    const { args, capabilityArgs } = call;
    const dir = by === "daemon" ? ENTRIES : FULL;
    return await runChain({
      ...{ dir, list, operation },
      attachment: {
        ...{ containerId: container, netns: `/run/netns/${container}`, ifName },
        ...(args === undefined ? {} : { args }),
        ...(capabilityArgs === undefined ? {} : { capabilityArgs }),
      },
      env: { ...ownEnvironment(), ...call.env },
      ...(prevResult === undefined ? {} : { prevResult }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      call: async (plugins, type, config, env, limit) =>
        await run([...this.entering, join(plugins, type)], {
          ...{ stdin: JSON.stringify(config), env },
          ...(limit === undefined ? {} : { timeoutMs: limit }),
        }),
    });
  }

  /** Makes a container and attaches it; gives its addresses without their lengths. */
  async attach(list: Conflist, container: string, more: Partial<NodeCall> = {}): Promise<string[]> {
    await this.container(container);
    const { result } = await this.call("ADD", list, { container, ...more });
    return (result?.ips ?? []).map(({ address }) => address.replace(/\/\d+$/u, ""));
  }

  /** Detaches a container and removes it. */
  async detach(list: Conflist, container: string, more: Partial<NodeCall> = {}): Promise<void> {
    await this.call("DEL", list, { container, ...more });
    await this.removeContainer(container);
  }

  /** Cuts the node off from all others, and from the store. */
  async cut(): Promise<void> {
    await this.#options.plug("down");
  }

  async heal(): Promise<void> {
    await this.#options.plug("up");
  }

  /** The daemon stands still, as that of a machine that is suspended, until it gets SIGCONT. */
  pause(): void {
    this.daemon.process.kill("SIGSTOP");
  }

  resume(): void {
    this.daemon.process.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder !== undefined) await this.stop();
  }
}

function daemonProgram(): string {
  return join(FULL, "..", "hawser");
}
