import { expect, setDefaultTimeout } from "bun:test";
import { rmSync } from "node:fs";
import { type Conflist, PluginFailed } from "../support/chain.ts";
import { EXECUTABLE, FULL } from "../support/daemon.ts";
import { EtcdCluster } from "../support/etcd.ts";
import { type FleetNetworkOptions, type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { patient } from "../support/patience.ts";
import { rejection } from "../support/rejection.ts";
import { until } from "../support/until.ts";
import { type Fleet, first, fleet, fleetTest, held, pictureOf } from "./daemons.ts";
import { type Placed, unreached } from "./pairs.ts";

setDefaultTimeout(patient(240_000));

/** Networks of one node's daemon; `pods` has a store of its own, and two share VXLAN's port. */
const NETWORKS = {
  pods: { subnet: "10.42.0.0/16" },
  near: { subnet: "10.43.0.0/16" },
  web: { subnet: "10.44.0.0/16", ipam: { vni: 77, port: 4790 } },
  fast: { subnet: "10.45.0.0/16", overlay: "host-gw" },
  routed: { subnet: "10.46.0.0/16", overlay: "none" },
} as const;
type Name = keyof typeof NETWORKS;
const NAMES = Object.keys(NETWORKS) as Name[];

function networksOf(all: Fleet, own: EtcdCluster): Record<Name, Conflist> {
  const listOf = (name: Name): Conflist => {
    const options: Partial<FleetNetworkOptions> = NETWORKS[name];
    const etcd = name === "pods" ? { endpoints: own.endpoints, timeout: "1s" } : all.store["etcd"];
    const ipam = { lease: "2s", wait: "15s", ...options.ipam };
    return fleetNetwork({ ...options, name, blockSize: 29, store: { etcd }, ipam });
  };
  return Object.fromEntries(NAMES.map((name) => [name, listOf(name)])) as Record<Name, Conflist>;
}

/** What the daemon says of a network. */
interface Said {
  readonly network: string;
  readonly ready: boolean;
  readonly warnings: readonly string[];
}

async function said(node: FleetNode): Promise<ReadonlyMap<string, Said>> {
  const all = ((await node.status())["fleet"] ?? []) as readonly Said[];
  return new Map(all.map((each) => [each.network, each]));
}

async function place(node: FleetNode, list: Conflist, container: string): Promise<Placed> {
  return { node, container, address: first(await node.attach(list, container)) };
}

/** What routers between the nodes would know of a network without an overlay. */
async function lead(nodes: readonly FleetNode[], network: string): Promise<void> {
  for (const node of nodes) {
    for (const other of nodes.filter((each) => each !== node)) {
      for (const prefix of held(other, network)) {
        await node.must(["ip", "route", "replace", prefix, "via", other.address4]);
      }
    }
  }
}

/** VXLAN devices of a node: VNI, port, and whether it is up, in their order. */
async function tunnels(node: FleetNode): Promise<string[]> {
  const text = await node.must(["ip", "-d", "-j", "link", "show", "type", "vxlan"]);
  const links = JSON.parse(text) as {
    ifname?: string;
    linkinfo: { info_data: { id: number; port: number } };
  }[];
  return links
    .filter(({ ifname }) => ifname !== undefined)
    .map(({ linkinfo: { info_data } }) => `${info_data.id}@${info_data.port}`)
    .sort();
}

fleetTest("five networks of one daemon: a store that is away, and one that is left", async () => {
  await using all = await fleet(2);
  await using own = await EtcdCluster.start({
    ...{ members: [{ address: all.lab.address4 }], portOffset: 100 },
  });
  const lists = networksOf(all, own);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  const begin = async (node: FleetNode): Promise<void> => {
    for (const list of Object.values(lists)) node.configure(list);
    await node.startDaemon();
  };
  await Promise.all(all.nodes.map(begin));
  const placed = new Map<Name, Placed[]>();
  const add = async (node: FleetNode, name: Name, container: string): Promise<void> => {
    const where = await place(node, lists[name], container);
    placed.set(name, [...(placed.get(name) ?? []), where]);
  };
  for (const name of NAMES) for (const node of all.nodes) await add(node, name, `${name}-1`);
  const works = async (names: readonly Name[], when: string): Promise<void> => {
    await lead(all.lab.nodes, "routed");
    for (const name of names) {
      const between = placed.get(name) ?? [];
      await until(
        `${when}: all of ${name} reach each other`,
        () => unreached(between).length === 0,
      );
    }
  };
  await works(NAMES, "at first");
  const devices = await tunnels(one);
  expect(devices).toHaveLength(3);
  expect(devices.filter((device) => device.endsWith("@4789"))).toHaveLength(2);
  expect(devices).toContain("77@4790");
  expect(await tunnels(two)).toEqual(devices);

  // The store of one network is away: blocks of the others are fetched, and nodes join them.
  await first(own.members).kill();
  await until("the daemon knows", async () => {
    return (await one.metrics()).get('hawser_fleet_store_up{network="pods"}') === 0;
  });
  expect((await said(one)).get("pods")?.warnings.join()).toContain("nothing listens there");
  const others = NAMES.filter((name) => name !== "pods");
  for (const name of others) {
    const before = held(one, name).length;
    for (let at = 2; at <= 9; at++) await add(one, name, `${name}-${at}`);
    expect([name, held(one, name).length > before]).toEqual([name, true]);
  }
  await add(one, "pods", "pods-2");
  const three = await all.lab.node();
  await begin(three);
  for (const name of others) await add(three, name, `${name}-1`);
  await works(NAMES, "without one store");
  const seen = await said(three);
  expect(NAMES.filter((name) => seen.get(name)?.ready === true)).toEqual(others);
  expect((await said(one)).get("pods")?.ready).toBe(true);
  expect(others.flatMap((name) => (seen.get(name)?.warnings ?? []).map(String))).toEqual([]);
  await three.container("pods-1");
  const call = three.call("ADD", lists.pods, { container: "pods-1" });
  expect((await rejection(call, PluginFailed)).code).toBe(11);
  first(own.members).start();
  await until("pods is served again", async () => (await said(three)).get("pods")?.ready === true);
  await add(three, "pods", "pods-3");
  await works(NAMES, "with all stores");

  // One network is taken away from one node.
  const gone = placed.get("web")?.filter(({ node }) => node === one) ?? [];
  for (const { container } of gone) await one.detach(lists.web, container);
  placed.set("web", placed.get("web")?.filter(({ node }) => node !== one) ?? []);
  const hawser = async (node: FleetNode, ...words: string[]): Promise<string> =>
    await node.must([EXECUTABLE, ...words]);
  await hawser(one, "gc", "web", "--none-valid", "--plugin-dir", FULL);
  expect(await tunnels(one)).toEqual(devices);
  rmSync(one.path("/run/conf/web.conflist"));
  await until("its tunnel is gone", async () => (await tunnels(one)).length === 2);
  // Others may be given what it held: nothing is reserved from that before the store was asked.
  expect(pictureOf(one, "web")).not.toHaveProperty("confirmed");
  expect((await said(one)).has("web")).toBe(false);
  const routes = await one.must(["ip", "route", "show"]);
  expect(routes).not.toContain("10.44.");
  await works(NAMES, "without web on one node");
  const forget = ["cluster", "forget", "node1", "--network", "web", "--yes"];
  await until("it is dead there", async () => {
    return (await two.run([EXECUTABLE, ...forget])).exitCode === 0;
  });
  expect(await hawser(two, "cluster", "nodes", "--network", "web")).toMatch(/node1 +forgotten/u);
  expect(await hawser(two, "cluster", "nodes", "--network", "near")).toMatch(/node1 +alive/u);
  await works(NAMES, "after node1 was forgotten");

  // It comes back: its file is laid again.
  one.configure(lists.web);
  await add(one, "web", "web-1");
  await works(NAMES, "with web again");
  expect(await tunnels(one)).toEqual(devices);
});
