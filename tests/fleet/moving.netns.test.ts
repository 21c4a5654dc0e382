/** Moving to a fleet, and back, as docs/cluster.md says, on nodes whose containers live on. */
import { expect, setDefaultTimeout } from "bun:test";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { EXECUTABLE, entriesMissing } from "../support/daemon.ts";
import { ownEnvironment } from "../support/exec.ts";
import { type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { debianPlugins } from "../support/plugin-sets.ts";
import { rejection } from "../support/rejection.ts";
import { until } from "../support/until.ts";
import { type Fleet, first, fleet, isReady } from "./daemons.ts";
import { FLANNEL_LIST, flannelNodes } from "./flannel.ts";
import { lostMeanwhile, type Placed } from "./pairs.ts";
import { commandsOf, shown } from "./typing.ts";

setDefaultTimeout(patient(240_000));

const CONF = "/run/conf";
const BIN = "/run/bin";
const missing = entriesMissing() ?? debianPlugins().missing;
const movingTest =
  missing === undefined ? needs("root", "etcd", "etcdctl", "ip") : skipBecause(missing);
const flannelTest =
  missing === undefined
    ? needs("root", "etcd", "etcdctl", "ip", "jq", "iptables")
    : skipBecause(missing);

/** A node as people have it before: the reference plugins, and a network's file. */
function prepare(node: FleetNode, list: Conflist, file: string): void {
  mkdirSync(node.path(BIN), { recursive: true });
  for (const name of readdirSync(debianPlugins().dir)) {
    symlinkSync(join(debianPlugins().dir, name), node.path(join(BIN, name)));
  }
  mkdirSync(node.path(CONF), { recursive: true });
  writeFileSync(node.path(join(CONF, file)), JSON.stringify(list));
}

/** Types commands of the document: in the directory of the fleet's file, with the node's other places. */
async function type(all: Fleet, node: FleetNode, text: string): Promise<string> {
  const directory = all.lab.path("admin");
  mkdirSync(directory, { recursive: true });
  const link = join(directory, "hawser");
  if (!existsSync(link)) symlinkSync(EXECUTABLE, link);
  const here = text
    .replaceAll(/^systemctl .*\n/gmu, "")
    .replaceAll("/etc/cni/net.d", CONF)
    .replaceAll(
      "hawser install",
      `hawser install --bin-dir ${BIN} --conf-dir ${CONF} --unit-dir /run/units`,
    );
  const { PATH = "", ...env } = ownEnvironment();
  return await node.must(["sh", "-ec", `cd ${directory}\n${here}`], {
    env: { ...env, PATH: `${directory}:${PATH}`, CNI_PATH: BIN },
  });
}

interface Attached extends Placed {
  readonly network: string;
}

/** A container, attached by a runtime to the network whose file is the first one. */
async function start(all: Fleet, node: FleetNode, container: string): Promise<Attached> {
  const files = readdirSync(node.path(CONF)).filter((name) => name.endsWith(".conflist"));
  const network = node.json<Conflist>(join(CONF, first(files.sort())))?.name ?? "";
  await node.container(container);
  const add = `hawser add ${network} ${container} --id ${container} --json`;
  const answer = JSON.parse(await type(all, node, add)) as {
    readonly result: { readonly ips: readonly { readonly address: string }[] };
  };
  const { address } = first(answer.result.ips);
  return { node, container, network, address: address.replace(/\/\d+$/u, "") };
}

async function end(all: Fleet, { node, container, network }: Attached): Promise<void> {
  await type(all, node, `hawser del ${network} --id ${container}`);
  await node.removeContainer(container);
}

/** Pairs that do not reach each other, in words; packets may be masqueraded. */
async function silent(pairs: readonly (readonly [Attached, Attached])[]): Promise<string[]> {
  const found: string[] = [];
  for (const [one, other] of pairs) {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      if (await from.node.reaches(to.address, from.container)) continue;
      found.push(`${from.container} of ${from.node.name} to ${to.container} of ${to.node.name}`);
    }
  }
  return found;
}

/** The file of the fleet's network, where an administrator writes it. */
function writeFile(all: Fleet, subnet: string = "10.42.0.0/16"): void {
  const main = { type: "ptp", ipMasq: true, mtu: 1450 };
  const list = fleetNetwork({ store: all.store, subnet, main, ipam: { lease: "2s" } });
  mkdirSync(all.lab.path("admin"), { recursive: true });
  writeFileSync(all.lab.path("admin/05-pods.conflist"), JSON.stringify(list));
}

/** What the document says for each node, and the start of the daemon, which systemd does. */
async function install(all: Fleet, node: FleetNode): Promise<void> {
  await type(all, node, commandsOf(shown("hawser install --systemd --replace")));
  await node.startDaemon();
  await until(`${node.name} is ready`, () => isReady(node));
}

async function tunnelsOf(node: FleetNode): Promise<string[]> {
  const text = await node.must(["ip", "-o", "link", "show", "type", "vxlan"]);
  return [...text.matchAll(/^\d+: ([^:@]+)/gmu)].map(([, name = ""]) => name).sort();
}

/** Reserved addresses of host-local. */
function reserved(node: FleetNode, network: string): string[] {
  const path = node.path(`/var/lib/cni/networks/${network}`);
  return existsSync(path) ? readdirSync(path).filter((name) => /^\d/u.test(name)) : [];
}

function databases(number: number): Conflist {
  const ipam = {
    type: "host-local",
    ranges: [[{ subnet: `10.88.${number}.0/24` }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const bridge = { type: "bridge", bridge: "db0", isGateway: true, ipMasq: true, ipam };
  return { cniVersion: "1.0.0", name: "dbnet", plugins: [bridge] };
}

movingTest("from host-local to a fleet, back on one node, and away from the fleet", async () => {
  await using all = await fleet(2);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  for (const [at, node] of all.nodes.entries()) {
    prepare(node, databases(at + 1), "10-dbnet.conflist");
  }
  const old: Attached[] = [];
  for (const node of all.nodes) {
    for (const name of ["old1", "old2"]) old.push(await start(all, node, name));
  }
  const [a1, a2, b1, b2] = old as [Attached, Attached, Attached, Attached];
  const given = [...old];
  const begin = async (node: FleetNode, container: string): Promise<Attached> => {
    const attached = await start(all, node, container);
    given.push(attached);
    expect(new Set(given.map(({ address }) => address)).size).toBe(given.length);
    return attached;
  };
  expect(old.map(({ network }) => network)).toEqual(old.map(() => "dbnet"));

  writeFile(all);
  expect(await type(all, one, commandsOf(shown("hawser cluster init ./05")))).toContain("1450");
  const pods: Attached[] = [];
  const move = async (): Promise<void> => {
    for (const node of all.nodes) {
      await install(all, node);
      pods.push(await begin(node, "new1"));
    }
  };
  expect(await lostMeanwhile([a1, a2], move, 8000)).toBeLessThan(8);
  const [new1, new2] = pods as [Attached, Attached];
  expect(pods.map(({ network }) => network)).toEqual(["pods", "pods"]);
  const sound = [
    [a1, a2],
    [b1, b2],
    [new1, new2],
    [a1, new1],
    [b1, new2],
  ] as const;
  await until("all reach each other", async () => (await silent(sound)).length === 0);

  // One node goes back; what the fleet gave to it goes on.
  await type(all, two, "mv /etc/cni/net.d/05-pods.conflist .");
  const back = await begin(two, "back1");
  expect(back.network).toBe("dbnet");
  await Bun.sleep(patient(3000)); // longer than the lease
  expect(await silent([...sound, [back, b1], [back, new2]])).toEqual([]);
  expect(await tunnelsOf(two)).toHaveLength(1);
  await end(all, new2);
  await type(all, two, "mv 05-pods.conflist /etc/cni/net.d/");
  await type(all, two, commandsOf(shown("hawser gc pods")));
  await until("its tunnel is gone", async () => (await tunnelsOf(two)).length === 0);
  expect(await two.must(["ip", "route", "show", "proto", "72"])).toBe("");
  expect(
    await silent([
      [b1, b2],
      [back, b1],
      [a1, new1],
    ]),
  ).toEqual([]);

  // On the other one nothing is left of what was before.
  const list = commandsOf(shown("hawser ls dbnet"));
  const [ls = "", ...others] = list.trim().split("\n");
  expect(await type(all, one, ls)).toContain("old1");
  for (const each of [a1, a2]) await end(all, each);
  expect(await type(all, one, ls)).not.toContain("old");
  await type(all, one, others.join("\n"));
  expect(reserved(one, "dbnet")).toEqual([]);
  expect(readdirSync(one.path(CONF))).toEqual(["05-pods.conflist"]);
  const again = await begin(one, "new2");
  expect(await silent([[again, new1]])).toEqual([]);
});

flannelTest("from flannel, whose containers live on beside the fleet's", async () => {
  await using all = await fleet(2);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  for (const node of all.nodes) prepare(node, FLANNEL_LIST, "10-flannel.conflist");
  await flannelNodes(all.nodes, BIN);
  const old: Attached[] = [];
  for (const node of all.nodes) {
    for (const name of ["old1", "old2"]) old.push(await start(all, node, name));
  }
  const [a1, a2, b1, b2] = old as [Attached, Attached, Attached, Attached];
  expect(old.map(({ address }) => address)).toEqual([
    ...["10.244.1.2", "10.244.1.3", "10.244.2.2", "10.244.2.3"],
  ]);
  const among = [
    [a1, a2],
    [b1, b2],
    [a1, b1],
    [a2, b2],
  ] as const;
  expect(await silent(among)).toEqual([]);

  writeFile(all, "10.244.0.0/16");
  const init = commandsOf(shown("hawser cluster init ./05"));
  expect(String(await rejection(type(all, one, init)))).toContain(
    "10.244.0.0/16 has this node's own address",
  );
  writeFile(all);
  await type(all, one, init);
  const pods: Attached[] = [];
  const move = async (): Promise<void> => {
    for (const node of all.nodes) {
      await install(all, node);
      pods.push(await start(all, node, "new1"));
    }
  };
  expect(await lostMeanwhile([a1, b1], move, 8000)).toBeLessThan(8);
  const [new1, new2] = pods as [Attached, Attached];
  expect(pods.map(({ network }) => network)).toEqual(["pods", "pods"]);
  const across = [
    [a1, new1],
    [a1, new2],
    [b1, new1],
    [b1, new2],
  ] as const;
  await until("all reach each other", async () => {
    return (await silent([...among, [new1, new2], ...across])).length === 0;
  });
  expect((await tunnelsOf(one)).join(" ")).toMatch(/^flannel\.1 fleet[0-9a-f]{10}$/u);
  for (const node of all.nodes) {
    const { troubles, warnings } = await fleetSide(node);
    expect([node.name, troubles, warnings]).toEqual([node.name, 0, []]);
  }
  // A container that is attached to flannel's network by name gets an address that none has.
  await one.container("late");
  await type(all, one, "hawser add cbr0 late --id late");
  expect(reserved(one, "cbr0").sort()).toEqual(["10.244.1.2", "10.244.1.3", "10.244.1.4"]);

  const end1 = commandsOf(shown("systemctl disable --now flanneld"));
  expect(await type(all, one, "hawser ls cbr0")).toContain("late");
  await end(all, { ...a1, container: "late" });
  for (const each of old) await end(all, each);
  for (const node of all.nodes) {
    expect(await type(all, node, "hawser ls cbr0")).not.toMatch(/old|late/u);
    await type(all, node, end1);
    expect(reserved(node, "cbr0")).toEqual([]);
    expect(readdirSync(node.path(CONF))).toEqual(["05-pods.conflist"]);
  }
  expect(await tunnelsOf(two)).toHaveLength(1);
  expect(await silent([[new1, new2]])).toEqual([]);
  const last = await start(all, two, "new2");
  expect(
    await silent([
      [last, new1],
      [last, new2],
    ]),
  ).toEqual([]);
});

/** What the daemon finds in the way of the fleet's network. */
async function fleetSide(
  node: FleetNode,
): Promise<{ readonly troubles: number | undefined; readonly warnings: readonly string[] }> {
  const troubles = (await node.metrics()).get('hawser_fleet_overlay_troubles{network="pods"}');
  const [{ warnings }] = (await node.status())["fleet"] as [{ warnings: readonly string[] }];
  return { troubles, warnings };
}
