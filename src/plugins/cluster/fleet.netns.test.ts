import { afterEach, beforeEach, describe, expect } from "bun:test";
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist, PluginObject } from "../../../tests/support/chain.ts";
import { EtcdCluster } from "../../../tests/support/etcd.ts";
import { FleetLab, type FleetNode, fleetNetwork } from "../../../tests/support/fleet-lab.ts";
import { needs } from "../../../tests/support/needs.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { until } from "../../../tests/support/until.ts";

/** Nodes of a fleet, each with its files and namespaces, and a store of files that all of them reach. */

let store = "";
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), "fleet-store-"));
});
afterEach(() => rmSync(store, { recursive: true, force: true }));

const DUAL = ["10.42.0.0/16", "fd00:42::/64"];

function network(more: Partial<Parameters<typeof fleetNetwork>[0]> = {}): Conflist {
  return fleetNetwork({
    ...{ overlay: "none", store: { files: { directory: join(store, "files") } } },
    ...more,
  });
}

/** How much the store has written. */
function written(): number {
  const directory = join(store, "files");
  return readdirSync(directory).reduce(
    (sum, name) => sum + statSync(join(directory, name)).size,
    0,
  );
}

/** So many nodes, for what a test does with them. */
async function fleetOf(
  count: number,
  work: (nodes: [FleetNode, FleetNode], lab: FleetLab) => Promise<void>,
): Promise<void> {
  await using lab = await FleetLab.create();
  const nodes = await lab.start(count);
  await work(nodes as [FleetNode, FleetNode], lab);
}

/** Two nodes with daemons, and a member of etcd beside them. */
async function daemonsOn(
  more: Partial<Parameters<typeof fleetNetwork>[0]>,
  work: (nodes: [FleetNode, FleetNode], list: Conflist) => Promise<void>,
): Promise<void> {
  await fleetOf(2, async (nodes, lab) => {
    await using etcd = await EtcdCluster.start({ members: [{ address: lab.address4 }] });
    const list = network({ store: { etcd: { endpoints: etcd.endpoints } }, ...more });
    for (const node of nodes) {
      node.configure(list);
      await node.startDaemon();
    }
    await work(nodes, list);
    for (const node of nodes) await node.daemon.end();
  });
}

const withRoot = needs("root");
const withEtcd = needs("root", "etcd", "etcdctl");
const BY = ["plugin", "daemon"] as const;

for (const by of BY) {
  describe(by === "plugin" ? "without a daemon" : "with the node daemon", () => {
    withRoot(
      "with a block at hand nothing is written to the store, which may be gone",
      async () => {
        await fleetOf(1, async ([node]) => {
          const list = network();
          node.configure(list);
          if (by === "daemon") await node.startDaemon();
          await node.attach(list, "c1", { by });
          const before = written();
          await node.attach(list, "c2", { by });
          expect(written()).toBe(before);
          renameSync(join(store, "files"), join(store, "away"));
          const { result } = await node.call("ADD", list, { container: "c2", ifName: "eth1", by });
          await node.call("CHECK", list, {
            ...{ container: "c2", ifName: "eth1", by },
            ...(result === undefined ? {} : { prevResult: result }),
          });
          await node.call("DEL", list, { container: "c2", ifName: "eth1", by });
          await node.call("DEL", list, { container: "c1", by });
        });
      },
      60_000,
    );

    withRoot(
      "an ADD without an address waits, fails with code 11, and succeeds when one is free",
      async () => {
        await fleetOf(1, async ([node]) => {
          const list = network({ subnet: "10.42.0.0/30", blockSize: 30, ipam: { wait: "2s" } });
          node.configure(list);
          if (by === "daemon") await node.startDaemon();
          // Of four addresses two are the subnet's ends, and one is the node's own.
          const [first] = await node.attach(list, "c1", { by });
          await node.container("c2");
          expect(await rejection(node.call("ADD", list, { container: "c2", by }))).toMatchObject({
            code: 11,
          });
          const waiting = node.call("ADD", list, { container: "c2", by, timeoutMs: 30_000 });
          await node.call("DEL", list, { container: "c1", by });
          expect((await waiting).result?.ips?.[0]?.address).toBe(`${first}/30`);
        });
      },
      60_000,
    );
  });
}

describe("with a bridge", () => {
  const main: PluginObject = { type: "bridge", bridge: "pods0", isGateway: true };

  withRoot(
    "containers of one node reach each other, and the gateway is the node's own",
    async () => {
      await fleetOf(1, async ([node]) => {
        const list = network({ main });
        const [one = ""] = await node.attach(list, "c1", { by: "plugin" });
        const [two = ""] = await node.attach(list, "c2", { by: "plugin" });
        expect(await node.reaches(two, "c1")).toBe(true);
        const picture = node.json<{ subnets: { gateway: string }[] }>(
          "/var/lib/hawser/cluster/pods/picture.json",
        );
        const gateway = picture?.subnets[0]?.gateway ?? "";
        expect(await node.must(["ip", "-o", "address", "show", "pods0"])).toContain(
          `${gateway}/16`,
        );
        expect(await node.reaches(gateway, "c1")).toBe(true);
        expect([one, two]).not.toContain(gateway);
      });
    },
    60_000,
  );

  withRoot(
    "an IPv6 subnet is refused, and names what to use",
    async () => {
      await fleetOf(1, async ([node]) => {
        await node.container("c1");
        const call = node.call("ADD", network({ main, subnets: DUAL }), {
          ...{ container: "c1", by: "plugin" },
        });
        expect(await rejection(call)).toMatchObject({
          code: 7,
          message: expect.stringMatching(/use ptp/) as string,
        });
      });
    },
    60_000,
  );
});

/** Two containers on each node, with addresses of both families: all are different. */
async function addresses(
  nodes: readonly FleetNode[],
  list: Conflist,
  by: "plugin" | "daemon",
): Promise<void> {
  const given: string[] = [];
  for (const node of nodes) {
    for (const name of ["c1", "c2"]) {
      const own = await node.attach(list, name, { by });
      expect(own).toHaveLength(2);
      given.push(...own);
    }
  }
  expect(new Set(given).size).toBe(8);
  for (const address of given.slice(2, 4)) {
    expect(await nodes[0]?.reaches(address, "c1", 10)).toBe(true);
  }
  for (const node of nodes) {
    for (const name of ["c1", "c2"]) await node.detach(list, name, { by });
  }
}

withRoot(
  "two nodes without daemons give no address twice",
  async () => {
    await fleetOf(2, async (nodes) => await addresses(nodes, network({ subnets: DUAL }), "plugin"));
  },
  60_000,
);

describe("over two nodes with daemons, and etcd", () => {
  withEtcd(
    "no address is given twice",
    async () => {
      await daemonsOn({ subnets: DUAL }, async (nodes, list) => {
        await addresses(nodes, list, "daemon");
      });
    },
    60_000,
  );

  withEtcd(
    "an address of another node's block is given to the one that asks for it",
    async () => {
      const main: PluginObject = { type: "ptp", capabilities: { ips: true } };
      await daemonsOn({ main, blockSize: 28 }, async ([one, two], list) => {
        const [taken = ""] = await one.attach(list, "c1");
        const wanted = taken.replace(/\d+$/u, (last) => String(Number(last) ^ 8));
        const capabilityArgs = { ips: [wanted] };
        expect(await two.attach(list, "c1", { capabilityArgs })).toEqual([wanted]);
        await two.container("c2");
        const again = two.call("ADD", list, { container: "c2", capabilityArgs: { ips: [taken] } });
        expect(await rejection(again)).toMatchObject({ code: 11 });
      });
    },
    90_000,
  );

  withEtcd(
    "an address follows its pod to another node, and back",
    async () => {
      const args = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=db-0;IgnoreUnknown=1";
      const more = { subnets: DUAL, overlay: "vxlan", ipam: { sticky: "pod" } } as const;
      await daemonsOn(more, async ([one, two], list) => {
        const first = await one.attach(list, "c1", { args });
        await one.attach(list, "other");
        await one.detach(list, "c1", { args });
        expect(await two.attach(list, "c1", { args })).toEqual(first);
        await two.attach(list, "other");
        // Each node has a route to the other one for these addresses alone, until it hears that they are its own.
        for (const [from, to] of [
          [two, one],
          [one, two],
        ] as const) {
          await until("the other one is led to", () => to.reaches(first[0] ?? "", "other"), 20_000);
          await from.detach(list, "c1", { args });
          expect(await to.attach(list, "c1", { args })).toEqual(first);
          expect(await from.reaches(first[0] ?? "", "other", 10)).toBe(true);
        }
      });
    },
    60_000,
  );
});
