import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist, PluginObject } from "./chain.ts";
import { must } from "./exec.ts";
import { FleetNode } from "./fleet-node.ts";
import { Host } from "./host.ts";

export { FleetNode } from "./fleet-node.ts";

const BRIDGE = "fleetlan";
const LENGTH4 = 16;
const LENGTH6 = 64;

let host: Promise<Host> | undefined;

/** How a network of a lab differs from the usual one. */
export interface FleetNetworkOptions {
  readonly name?: string;
  readonly subnet?: string;
  readonly subnets?: readonly string[];
  readonly blockSize?: number;
  readonly overlay?: "vxlan" | "host-gw" | "wireguard" | "none";
  /** The engine: `store` of the configuration. */
  readonly store: PluginObject;
  /** Further keys of `ipam`. */
  readonly ipam?: PluginObject;
  /** The interface plugin and its keys; `ptp` alone when absent. */
  readonly main?: PluginObject;
}

/** A network configuration whose addresses come from a fleet. */
export function fleetNetwork(options: FleetNetworkOptions): Conflist {
  const { name = "pods", subnets, blockSize = 26, overlay = "vxlan", store, ipam } = options;
  const { subnet = "10.42.0.0/16", main = { type: "ptp" } } = options;
  const addresses = subnets === undefined ? { subnet } : { subnets };
  const own = { type: "cluster", ...addresses, blockSize, overlay, store, ...ipam };
  return { cniVersion: "1.1.0", name, plugins: [{ ...main, ipam: own }] };
}

/**
 * Machines of a fleet on one network, in the namespaces of the test: a bridge joins them, and the test's own
 * namespace has an address on it, at which it may run a store. It needs root.
 */
export class FleetLab implements AsyncDisposable {
  /** The test's own address on the network between the nodes. */
  readonly address4: string = "10.99.255.254";
  readonly address6: string = "fd99::ffff";
  readonly nodes: FleetNode[] = [];
  /** Where the trees of the machines lie; it goes with the lab. */
  readonly directory: string;
  /** Ends of the nodes' links. */
  readonly #ports = new Set<string>();

  readonly #bootId: string | undefined;

  private constructor(bootId: string | undefined) {
    this.#bootId = bootId;
    this.directory = mkdtempSync(join(tmpdir(), "fleet-"));
  }

  /** @param kind nodes that are parts of one machine share its start, as a store of files wants it */
  static async create(kind: "machines" | "one machine" = "machines"): Promise<FleetLab> {
    // Its trees are covered once for all labs of a test's process.
    host ??= Host.create();
    await host;
    const lab = new FleetLab(kind === "machines" ? undefined : crypto.randomUUID());
    await must(["ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0"]);
    await must(["ip", "address", "add", `${lab.address4}/${LENGTH4}`, "dev", BRIDGE]);
    await must(["ip", "address", "add", `${lab.address6}/${LENGTH6}`, "dev", BRIDGE, "nodad"]);
    await must(["ip", "link", "set", BRIDGE, "up"]);
    return lab;
  }

  /** A path of the test's disk that all nodes reach alike, as a store of files has to be. */
  path(inside: string): string {
    return join(this.directory, inside);
  }

  /** Starts one more machine, named `node1` and so on; its daemon is started by the test. */
  async node(name: string = `node${this.nodes.length + 1}`): Promise<FleetNode> {
    const number = this.nodes.length + 1;
    const netns = join("/run/netns", name);
    await must(["ip", "netns", "add", name]);
    const address4 = `10.99.${number >> 8}.${number & 0xff}`;
    const address6 = `fd99::${number.toString(16)}`;
    const node = new FleetNode({
      ...{ name, netns, address4, address6, bootId: this.#bootId },
      directory: join(this.directory, name),
      plug: async (state) => await this.#plug(name, `lan${number}`, [address4, address6], state),
    });
    this.nodes.push(node);
    await node.boot();
    return node;
  }

  /** So many machines at once. */
  async start(count: number): Promise<FleetNode[]> {
    const started: FleetNode[] = [];
    for (let at = 0; at < count; at++) started.push(await this.node());
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The kernel ends a namespace when it likes: the names are wanted by the next lab.
    for (const port of this.#ports) await must(["ip", "link", "delete", port]);
    for (const node of this.nodes) {
      await node[Symbol.asyncDispose]();
      await must(["ip", "netns", "delete", node.name]);
    }
    await must(["ip", "link", "delete", BRIDGE]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The port on the bridge goes down and up: links, addresses and routes in the node stay. */
  async #plug(
    netns: string,
    port: string,
    [address4, address6]: readonly [string, string],
    state: "up" | "down",
  ): Promise<void> {
    if (!this.#ports.has(port)) {
      this.#ports.add(port);
      const peer = ["peer", "name", "eth0", "netns", netns];
      await must(["ip", "link", "add", port, "type", "veth", ...peer]);
      await must(["ip", "link", "set", port, "master", BRIDGE]);
      const ip = (...words: string[]): Promise<string> => must(["ip", "-n", netns, ...words]);
      await ip("address", "add", `${address4}/${LENGTH4}`, "dev", "eth0");
      await ip("address", "add", `${address6}/${LENGTH6}`, "dev", "eth0", "nodad");
      await ip("link", "set", "eth0", "up");
      await ip("route", "add", "default", "via", this.address4);
      await ip("-6", "route", "add", "default", "via", this.address6);
    }
    await must(["ip", "link", "set", port, state]);
  }
}
