/** What a fleet costs: nodes as machines of a lab, in the namespaces of this worker, and etcd beside them. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { Prefix } from "../../src/addr/index.ts";
import { defined } from "../../src/base/index.ts";
import type { Picture } from "../../src/fleet/index.ts";
import { Netns } from "../../src/kernel/netns/index.ts";
import { RouteSocket, route } from "../../src/kernel/route/index.ts";
import type { Conflist } from "../../tests/support/chain.ts";
import { EtcdCluster } from "../../tests/support/etcd.ts";
import {
  FleetLab,
  type FleetNetworkOptions,
  type FleetNode,
  fleetNetwork,
} from "../../tests/support/fleet-lab.ts";
import { until } from "../../tests/support/until.ts";
import type { Lab } from "./lab.ts";

/** Its daemon finds the network there. */
const CONF_DIR = "/run/bench/net.d";
/** Of the world alone, and in memory as the reservations of host-local are there. */
const DATA_DIR = "/run/bench/cluster";
const PICTURE = "/var/lib/hawser/cluster/pods/picture.json";
/** ADDs at the same time on one node. */
const AT_ONCE = 4;
/** Longest time for all ADDs of a run. */
const RUN_MS = 300_000;
const POLL_MS = 5;

/** One etcd for this worker, started when it is first asked for. */
const running = new WeakMap<Lab, EtcdCluster>();

async function etcdOf(lab: Lab): Promise<EtcdCluster> {
  const known = running.get(lab);
  if (known !== undefined) return known;
  const etcd = await EtcdCluster.start();
  running.set(lab, etcd);
  lab.atEnd(async () => await etcd[Symbol.asyncDispose]());
  return etcd;
}

/** The plugin alone, as an IPAM plugin is called. */
function alone(options: FleetNetworkOptions): Conflist {
  const { plugins, ...list } = fleetNetwork({ overlay: "none", ...options });
  return { ...list, plugins: plugins.map((plugin) => ({ ...plugin, type: "cluster" })) };
}

/** Lays the network where this worker's daemon, once it is started, finds it. */
export async function makeFleet(lab: Lab, { etcd }: { etcd: boolean }): Promise<Conflist> {
  const store = etcd
    ? { etcd: { endpoints: (await etcdOf(lab)).endpoints } }
    : { files: { directory: "/run/bench/store" } };
  const list = alone({ store, ipam: { node: "bench", dataDir: DATA_DIR } });
  mkdirSync(CONF_DIR, { recursive: true });
  writeFileSync(`${CONF_DIR}/pods.conflist`, JSON.stringify(list));
  process.env["NETCONFPATH"] = CONF_DIR;
  return list;
}

/** The revision of the store: each write to it counts it up. */
export async function storeRevision(lab: Lab): Promise<number> {
  const text = await (await etcdOf(lab)).ctl(["endpoint", "status", "-w", "json"]);
  const [one] = JSON.parse(text) as [{ Status: { header: { revision: number } } }];
  return one.Status.header.revision;
}

export interface FleetOrder {
  readonly nodes: number;
  readonly subnet: string;
  readonly blockSize: number;
  /** Containers of all nodes together. */
  readonly pods: number;
  /** One more node joins at the end. */
  readonly grows: boolean;
}

/** Milliseconds, and what came of it. */
export interface FleetTimes {
  /** From the start of the first daemon until the last node holds a block. */
  readonly boot: number;
  /** From the first ADD to the last answer. */
  readonly all: number;
  readonly addresses: number;
  readonly failures: readonly string[];
  /** Writes to the store meanwhile. */
  readonly writes: number;
  /** From the moment a further node holds a block until the last other node has its route. */
  readonly routes?: number;
}

/** A fleet starts, attaches all its containers, and gets one more node. */
export async function fleetTimes(order: FleetOrder): Promise<FleetTimes> {
  const { nodes: count, subnet, blockSize, pods } = order;
  await using fleet = await FleetLab.create();
  await using etcd = await EtcdCluster.start({ members: [{ address: fleet.address4 }] });
  const store = { etcd: { endpoints: etcd.endpoints } };
  const list = alone({ store, subnet, blockSize, overlay: "vxlan", ipam: { rest: "1h" } });
  const nodes = await fleet.start(count);
  for (const node of nodes) node.configure(list);
  const started = performance.now();
  await Promise.all(nodes.map(async (node) => await node.startDaemon()));
  await Promise.all(nodes.map(holding));
  const boot = performance.now() - started;
  const revision = async (): Promise<number> => {
    const text = await etcd.ctl(["endpoint", "status", "-w", "json"]);
    const [one] = JSON.parse(text) as [{ Status: { header: { revision: number } } }];
    return one.Status.header.revision;
  };
  const before = await revision();
  const { all, addresses, failures } = await attachAll(nodes, list, pods);
  const writes = (await revision()) - before;
  const routes = order.grows ? await routesOfNewNode(fleet, list) : undefined;
  return { boot, all, addresses, failures, writes, ...defined({ routes }) };
}

/** Waits until a node holds a block; gives it. */
async function holding(node: FleetNode): Promise<Prefix> {
  let found: string | undefined;
  await until(
    `${node.name} holds a block`,
    () => {
      const holdings = node.json<Picture>(PICTURE)?.subnets[0]?.holdings ?? [];
      found = holdings.find(({ state }) => state === "held")?.prefix;
      return found !== undefined;
    },
    RUN_MS,
  );
  return Prefix.parse(found ?? "");
}

async function routesOfNewNode(fleet: FleetLab, list: Conflist): Promise<number> {
  const others = [...fleet.nodes];
  const node = await fleet.node();
  node.configure(list);
  await node.startDaemon();
  const block = await holding(node);
  const started = performance.now();
  await Promise.all(others.map(async ({ name }) => await hasRoute(name, block)));
  return performance.now() - started;
}

async function hasRoute(netns: string, block: Prefix): Promise<void> {
  using opened = Netns.open(`/run/netns/${netns}`);
  using socket = RouteSocket.open(opened);
  const end = performance.now() + RUN_MS;
  while (!route.list(socket).some(({ dst }) => dst.equals(block))) {
    if (performance.now() > end) throw new Error(`${netns} gets no route to ${block}`);
    await Bun.sleep(POLL_MS);
  }
}

/** Containers share one namespace a node, since the plugin enters none. */
async function attachAll(
  nodes: readonly FleetNode[],
  list: Conflist,
  pods: number,
): Promise<Pick<FleetTimes, "all" | "addresses" | "failures">> {
  const addresses = new Set<string>();
  const failures: string[] = [];
  for (const node of nodes) await node.container("pods");
  let next = 0;
  const started = performance.now();
  const end = started + RUN_MS;
  const attach = async (node: FleetNode): Promise<void> => {
    const open = share(pods, nodes.length, nodes.indexOf(node));
    let left = open;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const container = `pod-${next++}`;
        symlinkSync("pods", node.path(`/run/netns/${container}`));
        // As a runtime does: what cannot be served yet is tried again.
        for (;;) {
          try {
            const { result } = await node.call("ADD", list, { container });
            for (const { address } of result?.ips ?? []) addresses.add(address);
            break;
          } catch (error) {
            if (isLater(error) && performance.now() < end) continue;
            failures.push(String(error));
            break;
          }
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  await Promise.all(nodes.map(attach));
  return { all: performance.now() - started, addresses: addresses.size, failures };
}

function share(all: number, count: number, at: number): number {
  return Math.floor(all / count) + (at < all % count ? 1 : 0);
}

/** Error code 11: try again later. */
function isLater(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 11;
}
