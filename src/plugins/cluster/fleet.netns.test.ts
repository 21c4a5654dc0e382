import { afterEach, beforeEach, describe, expect } from "bun:test";
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist, PluginObject } from "../../../tests/support/chain.ts";
import { FleetLab, type FleetNode, fleetNetwork, until } from "../../../tests/support/fleet-lab.ts";
import { needs } from "../../../tests/support/needs.ts";
import { rejection } from "../../../tests/support/rejection.ts";

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

const withRoot = needs("root");
const BY = ["plugin", "daemon"] as const;

for (const by of BY) {
  describe(by === "plugin" ? "without a daemon" : "with the node daemon", () => {
    withRoot(
      "two nodes give addresses of both families, none of them twice",
      async () => {
        await fleetOf(2, async (nodes) => {
          const list = network({ subnets: DUAL });
          const given: string[] = [];
          for (const node of nodes) {
            node.configure(list);
            if (by === "daemon") await node.startDaemon();
            for (const name of ["c1", "c2"]) {
              const addresses = await node.attach(list, name, { by });
              expect(addresses).toHaveLength(2);
              given.push(...addresses);
            }
          }
          expect(new Set(given).size).toBe(8);
          const [one] = nodes;
          for (const address of given.slice(2, 4))
            expect(await one.reaches(address, "c1")).toBe(true);
          for (const node of nodes)
            for (const name of ["c1", "c2"]) await node.detach(list, name, { by });
        });
      },
      60_000,
    );

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
          message: expect.stringMatching(/use ptp/),
        });
      });
    },
    60_000,
  );
});

describe("over two nodes with daemons", () => {
  withRoot(
    "an address of another node's block is given to the one that asks for it",
    async () => {
      await fleetOf(2, async ([one, two]) => {
        const main: PluginObject = { type: "ptp", capabilities: { ips: true } };
        const list = network({ main, blockSize: 28 });
        for (const node of [one, two]) {
          node.configure(list);
          await node.startDaemon();
        }
        const [taken = ""] = await one.attach(list, "c1");
        const wanted = taken.replace(/\d+$/u, (last) => String(Number(last) ^ 8));
        const capabilityArgs = { ips: [wanted] };
        expect(await two.attach(list, "c1", { capabilityArgs })).toEqual([wanted]);
        await two.container("c2");
        const again = two.call("ADD", list, { container: "c2", capabilityArgs: { ips: [taken] } });
        expect(await rejection(again)).toMatchObject({ code: 11 });
      });
    },
    60_000,
  );

  withRoot(
    "an address follows its pod to another node",
    async () => {
      await fleetOf(2, async ([one, two]) => {
        const list = network({ subnets: DUAL, ipam: { sticky: "pod" } });
        for (const node of [one, two]) {
          node.configure(list);
          await node.startDaemon();
        }
        const args = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=db-0;IgnoreUnknown=1";
        const first = await one.attach(list, "c1", { args });
        await one.attach(list, "other");
        await one.detach(list, "c1", { args });
        await until("the address is free", () => {
          const path = one.path("/var/lib/hawser/cluster/pods/reservations");
          return !readdirSync(path).includes(first[0] ?? "");
        });
        expect(await two.attach(list, "c1", { args })).toEqual(first);
      });
    },
    60_000,
  );
});
