/** What docs/cluster.md says of an upgrade: this release goes on from what others have written. */
import { expect, setDefaultTimeout } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ip, Prefix } from "../../src/addr/index.ts";
import { EXECUTABLE } from "../support/daemon.ts";
import { type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";
import { type Fleet, first, fleet, fleetTest, held, isReady, pictureOf } from "./daemons.ts";

setDefaultTimeout(patient(120_000));

const SUBNETS = ["10.42.0.0/16", "fd00:42::/108"];
const PLACE = "/var/lib/hawser/cluster/pods";
const SESSION = "8afcea85886e2ec2";
/** A field that a later release writes, and this one does not know. */
const LATER = { later: { than: "this release" } };

/** The keys as the first release has left them: two nodes, a block of each family each, and two names. */
function storeRecords(cluster: string): Readonly<Record<string, object>> {
  return {
    fleet: {
      ...{ format: 1, subnets: SUBNETS, blockSizes: [26, 122], quarantineMs: 86_400_000 },
      ...{ overlay: "vxlan", cluster, generation: 0, ...LATER },
    },
    "node/node1": {
      ...{ epoch: 1, session: SESSION, gateways: ["10.42.20.128", "fd00:42::1:e740"] },
      ...{ version: "0.0.9", underlay: "10.99.0.1", mac: "f6:cc:ae:f3:4f:47", ...LATER },
    },
    "node/node2": {
      ...{ epoch: 1, session: "4a6e0a24b65907b5", gateways: ["10.42.81.0", "fd00:42::d:ba00"] },
      ...{ version: "0.0.9", underlay: "10.99.0.2", mac: "66:e6:82:ac:7b:b4" },
    },
    "block/4/0a2a1480": {
      parts: [{ prefix: "10.42.20.128/26", node: "node1", epoch: 1, ...LATER }],
    },
    "block/4/0a2a5100": { parts: [{ prefix: "10.42.81.0/26", node: "node2", epoch: 1 }] },
    "block/6/fd00004200000000000000000001e740": {
      parts: [{ prefix: "fd00:42::1:e740/122", node: "node1", epoch: 1 }],
    },
    "block/6/fd0000420000000000000000000dba00": {
      parts: [{ prefix: "fd00:42::d:ba00/122", node: "node2", epoch: 1 }],
      ...LATER,
    },
    "sticky/db-0": {
      ...{ addresses: ["10.42.20.129", "fd00:42::1:e741"], node: "node1", epoch: 1 },
    },
    "sticky/db-1": { addresses: ["10.42.81.1", "fd00:42::d:ba01"], node: "node2", epoch: 1 },
    "later/of-another-kind": LATER,
  };
}

/** What stands on the disk of the first node, in which a container has an address of each family. */
function nodeFiles(cluster: string, boot: string): Readonly<Record<string, string>> {
  const picture = {
    ...{ format: 1, network: "pods", node: "node1", epoch: 1, session: SESSION, boot },
    ...{ revision: "4", cluster, generation: 0, holdMs: 64_800_000, mtu: 1450 },
    subnets: [
      {
        subnet: SUBNETS[0],
        holdings: [{ prefix: "10.42.20.128/26", state: "held" }],
        gateway: "10.42.20.128",
      },
      {
        subnet: SUBNETS[1],
        holdings: [{ prefix: "fd00:42::1:e740/122", state: "held" }],
        gateway: "fd00:42::1:e740",
      },
    ],
    sticky: { "db-0": ["10.42.20.129", "fd00:42::1:e741"] },
    ...LATER,
  };
  return {
    "picture.json": JSON.stringify(picture),
    "reservations/10.42.20.130": "c1\r\neth0",
    "reservations/fd00:42::1:e742": "c1\r\neth0",
    "reservations/last_reserved_ip.0": "10.42.20.130",
    "reservations/last_reserved_ip.1": "fd00:42::1:e742",
  };
}

async function recordOf(all: Fleet, key: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await all.etcd.ctl(["get", `/hawser/1/pods/${key}`, "--print-value-only"]);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

async function lay(all: Fleet, node: FleetNode): Promise<void> {
  const status = await all.etcd.ctl(["endpoint", "status", "-w", "json"]);
  // The number has 64 bits.
  const [, id = "0"] = /"cluster_id":(\d+)/u.exec(status) ?? [];
  const cluster = BigInt(id).toString(16);
  for (const [key, value] of Object.entries(storeRecords(cluster))) {
    await all.etcd.ctl(["put", `/hawser/1/pods/${key}`, JSON.stringify(value)]);
  }
  const boot = (await node.must(["cat", "/proc/sys/kernel/random/boot_id"])).trim();
  for (const [name, text] of Object.entries(nodeFiles(cluster, boot))) {
    const path = node.path(join(PLACE, name));
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
  }
}

fleetTest("what the first release has written is gone on with, and later fields stay", async () => {
  await using all = await fleet(2);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  await lay(all, one);
  const list = fleetNetwork({ store: all.store, subnets: SUBNETS });
  one.configure(list);
  await one.startDaemon();
  await until("it is ready", () => isReady(one));
  const { epoch, session } = pictureOf(one) ?? {};
  expect([epoch, session]).toEqual([1, SESSION]);
  expect(held(one)).toEqual(["10.42.20.128/26", "fd00:42::1:e740/122"]);

  // What a container has, what follows a name and what is the node's own is given to no other.
  expect(await one.attach(list, "c2")).toEqual(["10.42.20.131", "fd00:42::1:e743"]);
  await until("the way to the other node stands", async () => {
    const routes = await one.must(["ip", "route", "show", "proto", "72"]);
    return routes.includes("10.42.81.0/26 via 10.42.81.0");
  });
  const ask = async (...words: string[]): Promise<string> =>
    (await one.run([EXECUTABLE, "cluster", ...words])).stdout;
  expect(await ask("ip", "10.42.81.1")).toContain("node2");
  expect(await ask("nodes")).toMatch(/node1 +alive.*\nnode2 +dead/u);
  expect(await ask("status")).toContain("1 alive; 1 dead");

  await until("the node says which release it has", async () => {
    return (await recordOf(all, "node/node1"))["version"] !== "0.0.9";
  });
  for (const key of ["fleet", "node/node1", "block/6/fd0000420000000000000000000dba00"]) {
    expect([key, (await recordOf(all, key))["later"]]).toEqual([key, LATER.later]);
  }
  expect(await recordOf(all, "later/of-another-kind")).toEqual(LATER);

  // The other node has lost its disk, and keeps its id: what the id held is not given at once.
  two.configure(list);
  await two.startDaemon();
  await until("it is ready", () => isReady(two), 60_000);
  const [address = ""] = await two.attach(list, "c1");
  const taken = ["10.42.81.0/26", "10.42.20.128/26"].map((text) => Prefix.parse(text));
  expect(taken.some((prefix) => prefix.contains(Ip.parse(address)))).toBe(false);
});

fleetTest(
  "between two daemons ADD is served, and the next one goes on with the session",
  async () => {
    await using all = await fleet(2);
    const [one, two] = all.nodes as [FleetNode, FleetNode];
    const list = fleetNetwork({ store: all.store });
    for (const node of all.nodes) {
      node.configure(list);
      await node.startDaemon();
    }
    const [a = ""] = await one.attach(list, "c1");
    const [d = ""] = await two.attach(list, "c2");
    await until("the overlay stands", () => one.reaches(d, "c1"));
    const before = pictureOf(one);
    await one.daemon.end("SIGTERM");
    const [b = ""] = await one.attach(list, "c2");
    const [c = ""] = await two.attach(list, "c1");
    expect(new Set([a, b, c, d]).size).toBe(4);
    expect(await two.reaches(b, "c1")).toBe(true);
    expect(await one.reaches(c, "c1")).toBe(true);
    await one.detach(list, "c2");
    await one.startDaemon();
    await until("it is ready", () => isReady(one));
    const after = pictureOf(one);
    expect([after?.session, after?.epoch, first(held(one))]).toEqual([
      ...[before?.session, before?.epoch, first(held(one))],
    ]);
    expect(await two.reaches(a, "c1")).toBe(true);
  },
);
