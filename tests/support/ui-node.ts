import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ip, Prefix } from "../../src/addr/index.ts";
import { errorText } from "../../src/base/index.ts";
import { InProcessExecutor, ProcessExecutor } from "../../src/invoke/index.ts";
import { Netns } from "../../src/kernel/netns/index.ts";
import { address, link, RouteSocket, route } from "../../src/kernel/route/index.ts";
import { PLUGINS, traitsOf } from "../../src/plugins/registry/index.ts";
import { Runtime } from "../../src/runtime/index.ts";
import { parseNetworkConfig, type Result } from "../../src/spec/index.ts";
import type { Conflist } from "./chain.ts";
import { EXECUTABLE, FULL } from "./daemon.ts";
import { must } from "./exec.ts";

/** A throwaway node to look at: real networks, attachments made by the plugins, and what is wrong with them. */

/** One attachment that the node is to have. */
export interface UiAttachment {
  readonly network: string;
  readonly container: string;
  readonly ifName?: string;
  readonly pod?: string;
  /** The pod's namespace. */
  readonly space?: string;
  /** Ports of the host and the container's behind each. */
  readonly ports?: readonly (readonly [host: number, container: number])[];
}

/** What makes a namespace and gives its path. */
type MakeNetns = (name: string) => string | Promise<string>;

const OLD_MS = 3_600_000;
/** A file of host-local: the container, and the interface. */
const RESERVATION_LINES = "\r\n";

/** The networks and attachments of this process's namespaces. */
export class UiNode implements Disposable {
  /** Where the networks are configured. */
  readonly directory: string = mkdtempSync(join(tmpdir(), "hawser-ui-"));
  readonly #makeNetns: MakeNetns;
  readonly #plugins: string;
  readonly #netns = new Map<string, string>();
  readonly #lists = new Map<string, Conflist>();
  #runtime: Runtime | undefined;

  /** With our plugins, or those of another directory. */
  constructor(makeNetns: MakeNetns, plugins: string = FULL) {
    this.#makeNetns = makeNetns;
    this.#plugins = plugins;
  }

  /** Where commands look, in their environment. */
  get env(): Readonly<Record<string, string>> {
    return {
      PATH: process.env["PATH"] ?? "",
      NETCONFPATH: this.directory,
      CNI_PATH: this.#plugins,
    };
  }

  /** Writes, or replaces, the file of a network. */
  network(list: Conflist): void {
    this.#lists.set(list.name, list);
    const path = join(this.directory, `10-${list.name}.conflist`);
    writeFileSync(path, JSON.stringify(list, null, 2));
  }

  /** The namespace of a container, made when it is first asked for. */
  async netns(container: string): Promise<string> {
    const known = this.#netns.get(container) ?? (await this.#makeNetns(container));
    this.#netns.set(container, known);
    return known;
  }

  /** Runs the executable on this node; gives what it prints. */
  async hawser(...words: readonly string[]): Promise<string> {
    return await must([EXECUTABLE, ...words], { env: this.env });
  }

  /** Attaches as people do, by `hawser add`: where calls are recorded, this one is. */
  async add(wanted: UiAttachment): Promise<void> {
    const { network, container, ifName = "eth0", pod, space = "default", ports = [] } = wanted;
    const args = pod === undefined ? [] : argsOf(space, pod).map((pair) => pair.join("="));
    await this.hawser(
      ...["add", network, await this.netns(container), "--id", container, "--ifname", ifName],
      ...(args.length === 0 ? [] : ["--arg", args.join(";")]),
      ...ports.flatMap(([host, inside]) => ["-p", `${host}:${inside}`]),
    );
  }

  /** The same by the runtime in this process, which takes a few milliseconds. */
  async addFast(wanted: UiAttachment): Promise<Result> {
    const { network, container, ifName = "eth0", pod, space = "default", ports = [] } = wanted;
    const portMappings = ports.map(([hostPort, containerPort]) => {
      return { hostPort, containerPort, protocol: "tcp" };
    });
    return await this.#runtimeHere().add(this.#config(network), {
      containerId: container,
      netns: await this.netns(container),
      ifName,
      ...(ports.length === 0 ? {} : { capabilityArgs: { portMappings } }),
      ...(pod === undefined ? {} : { args: argsOf(space, pod) }),
    });
  }

  /** Takes an attachment away, and forgets its container. */
  async delete({ network, container, ifName = "eth0" }: UiAttachment): Promise<void> {
    const netns = await this.netns(container);
    await this.#runtimeHere().del(this.#config(network), { containerId: container, netns, ifName });
  }

  /** Many attachments of one network, from one number to another. */
  async crowd(network: string, from: number, to: number): Promise<void> {
    for (let at = from; at < to; at++) {
      const container = `crowd${String(at).padStart(4, "0")}`;
      await this.addFast({ network, container, pod: `pod-${at}`, space: `team-${at % 7}` });
    }
  }

  /** Takes an address from a container, as `ip address del` does. */
  async loseAddress(container: string, ifName: string = "eth0"): Promise<void> {
    using netns = Netns.open(await this.netns(container));
    using socket = RouteSocket.open(netns);
    const { index } = required(link.get(socket, { name: ifName }), ifName);
    const own = address.list(socket).find((each) => each.index === index);
    address.delete(socket, { index, prefix: required(own, "address").prefix });
  }

  /** Sets the host's end of a container's pair down. */
  async setDown(container: string): Promise<void> {
    const { attachments } = JSON.parse(await this.hawser("ls", "--json")) as {
      attachments: { containerId: string; hostLink?: { name: string } }[];
    };
    const found = attachments.find(({ containerId }) => containerId === container);
    using socket = RouteSocket.open();
    link.set(socket, { name: required(found?.hostLink, container).name }, { up: false });
  }

  /** Names a pod as another runtime may have, with signs that no argument of a plugin can have. */
  rename({ network, container, ifName = "eth0" }: UiAttachment, pod: string): void {
    const path = join("/var/lib/cni/results", `${network}-${container}-${ifName}`);
    const cached = JSON.parse(readFileSync(path, "utf8")) as { cniArgs: [string, string][] };
    for (const pair of cached.cniArgs) if (pair[0] === "K8S_POD_NAME") pair[1] = pod;
    writeFileSync(path, JSON.stringify(cached));
  }

  /** A reservation of an hour ago, of a container that nothing else knows: its node lost power. */
  leak(network: string, text: string, container: string): void {
    const directory = join("/var/lib/cni/networks", network);
    mkdirSync(directory, { recursive: true });
    const path = join(directory, text);
    writeFileSync(path, `${container}${RESERVATION_LINES}eth0`);
    const then = new Date(Date.now() - OLD_MS);
    utimesSync(path, then, then);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #config(network: string): ReturnType<typeof parseNetworkConfig> {
    return parseNetworkConfig(JSON.stringify(required(this.#lists.get(network), network)));
  }

  #runtimeHere(): Runtime {
    const isOwn = this.#plugins === FULL;
    const executor = new InProcessExecutor({
      plugins: async (type) => (await PLUGINS.get(type)?.())?.entry,
      isOwn: () => isOwn,
      traits: traitsOf,
      fallback: new ProcessExecutor(),
    });
    this.#runtime ??= new Runtime({ pluginDirs: [this.#plugins], executor });
    return this.#runtime;
  }
}

/** A way out of the node: the default route leads to a machine beyond it. */
export function wayOut(device: string, gateway: string): void {
  using socket = RouteSocket.open();
  const { index } = required(link.get(socket, { name: device }), device);
  route.add(socket, { dst: Prefix.parse("0.0.0.0/0"), index, gateway: Ip.parse(gateway) });
}

function argsOf(space: string, pod: string): [string, string][] {
  return [
    ["IgnoreUnknown", "1"],
    ["K8S_POD_NAMESPACE", space],
    ["K8S_POD_NAME", pod],
  ];
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${errorText(what)}`);
  return value;
}
