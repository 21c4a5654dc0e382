/** The fleet of the demo: three members of etcd, five nodes, containers on them. */
import { fileURLToPath } from "node:url";
import type { Conflist } from "../../tests/support/chain.ts";
import { EXECUTABLE } from "../../tests/support/daemon.ts";
import { EtcdCluster } from "../../tests/support/etcd.ts";
import { must } from "../../tests/support/exec.ts";
import { FleetLab, type FleetNode, fleetNetwork } from "../../tests/support/fleet-lab.ts";

/** Until a silent node counts as dead, and from then on until its blocks may be taken. */
export const LEASE = "2s";
export const QUARANTINE = "6s";
/** Eight blocks of sixteen addresses, so that they run out. */
export const SUBNET = "10.42.0.0/25";
export const BLOCK_SIZE = 28;
/** The port of each node that leads to its web server. */
export const HOST_PORT = 8080;

const NODES = 5;
const CONTAINER_PORT = 80;
/** Of the members of etcd, on the network between the nodes. */
const MEMBERS = ["10.99.255.1", "10.99.255.2", "10.99.255.3"];
const PEER = fileURLToPath(new URL("../demo/peer.ts", import.meta.url));

/** A container with its address. */
export interface Attached {
  readonly node: FleetNode;
  readonly name: string;
  readonly address: string;
}

/** What `hawser cluster … --json` says, as far as the demo looks. */
export interface ClusterAnswer {
  readonly nodes?: readonly ClusterNode[];
  readonly blocks?: readonly { readonly prefix: string; readonly node?: string }[];
  readonly findings?: readonly { readonly name: string; readonly message: string }[];
  readonly error?: { readonly msg: string };
}

export interface ClusterNode {
  readonly node: string;
  readonly state: string;
  readonly epoch?: number;
  readonly holds: readonly string[];
}

/** What the web server in a container says. */
export interface Page {
  /** The container that answered. */
  readonly name: string;
  /** The client's address, as the server saw it. */
  readonly from: string;
}

export class DemoFleet implements AsyncDisposable {
  readonly lab: FleetLab;
  readonly etcd: EtcdCluster;
  readonly list: Conflist;
  readonly attached: Set<Attached> = new Set();
  readonly #servers: Bun.Subprocess[] = [];

  private constructor(lab: FleetLab, etcd: EtcdCluster, list: Conflist) {
    this.lab = lab;
    this.etcd = etcd;
    this.list = list;
  }

  /** Machines and etcd, and no daemon yet. */
  static async create(): Promise<DemoFleet> {
    const lab = await FleetLab.create();
    for (const address of MEMBERS) {
      await must(["ip", "address", "add", `${address}/16`, "dev", "fleetlan"]);
    }
    const members = MEMBERS.map((address) => ({ address }));
    const etcd = await EtcdCluster.start({ members, tls: true });
    const list = networkOf(etcd);
    for (const node of await lab.start(NODES)) node.configure(list);
    return new DemoFleet(lab, etcd, list);
  }

  get nodes(): readonly FleetNode[] {
    return this.lab.nodes;
  }

  node(number: number): FleetNode {
    const node = this.nodes[number - 1];
    if (node === undefined) throw new Error(`there is no node ${number}`);
    return node;
  }

  /** Attaches a container; with a port, the node's port leads to its port 80. */
  async attach(node: FleetNode, name: string, hostPort?: number): Promise<Attached> {
    const portMappings = [{ hostPort, containerPort: CONTAINER_PORT, protocol: "tcp" }];
    const more = hostPort === undefined ? {} : { capabilityArgs: { portMappings } };
    const [address = ""] = await node.attach(this.list, name, more);
    await node.must(["ip", "-n", name, "link", "set", "lo", "up"]);
    const attached = { node, name, address };
    this.attached.add(attached);
    return attached;
  }

  async detach(attached: Attached): Promise<void> {
    await attached.node.detach(this.list, attached.name);
    this.attached.delete(attached);
  }

  /** Those on a machine that has lost its power are gone. */
  lost(node: FleetNode): void {
    for (const one of this.attached) if (one.node === node) this.attached.delete(one);
  }

  /** Starts a web server in a container. */
  async serve({ node, name }: Attached): Promise<void> {
    const words = ["serve", `/run/netns/${name}`, name, String(CONTAINER_PORT)];
    const child = Bun.spawn([...node.entering, process.execPath, PEER, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#servers.push(child);
    await child.stdout.getReader().read();
  }

  /** Asks for a page from inside a container. */
  async ask({ node, name }: Attached, url: string): Promise<Page> {
    const words = ["ask", `/run/netns/${name}`, url];
    return JSON.parse(await node.must([process.execPath, PEER, ...words])) as Page;
  }

  /** Runs `hawser cluster` on a node; what it prints. */
  async cluster(node: FleetNode, ...words: readonly string[]): Promise<string> {
    const { stdout, stderr } = await node.run([EXECUTABLE, "cluster", ...words]);
    return stdout + stderr;
  }

  /** The same for a program. */
  async answer(node: FleetNode, ...words: readonly string[]): Promise<ClusterAnswer> {
    const { stdout } = await node.run([EXECUTABLE, "cluster", ...words, "--json"]);
    return JSON.parse(stdout) as ClusterAnswer;
  }

  /** A node as the others see it. */
  async seen(from: FleetNode, node: FleetNode): Promise<ClusterNode | undefined> {
    const { nodes = [] } = await this.answer(from, "nodes");
    return nodes.find((one) => one.node === node.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.kill("SIGKILL");
    await this.lab[Symbol.asyncDispose]();
    await this.etcd[Symbol.asyncDispose]();
  }
}

/** `ptp` with addresses of the fleet, and mapped ports. */
function networkOf({ endpoints, authority, client }: EtcdCluster): Conflist {
  if (authority === undefined || client === undefined) throw new Error("etcd has no certificates");
  const tls = { ca: authority.ca, ...client };
  const { plugins, ...list } = fleetNetwork({
    ...{ subnet: SUBNET, blockSize: BLOCK_SIZE, overlay: "vxlan" },
    store: { etcd: { endpoints, tls } },
    ipam: {
      ...{ lease: LEASE, quarantine: QUARANTINE, rest: "2s" },
      routes: [{ dst: "0.0.0.0/0" }],
    },
  });
  const portmap = { type: "portmap", capabilities: { portMappings: true } };
  return { ...list, plugins: [...plugins, portmap] };
}
