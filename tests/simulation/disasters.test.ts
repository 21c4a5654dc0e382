import { describe, expect, test } from "bun:test";
import { addAll, calmWorld, owners, pass } from "./calm.ts";
import type { World } from "./world.ts";

const patience = 60_000;

/** Changes of blocks from now on. */
function changesOfBlocks(world: World): () => number {
  let count = 0;
  world.engine.onChange((events) => {
    const keys = events.map((event) => (event.kind === "put" ? event.entry.key : event.key));
    count += keys.filter((key) => key.includes("/block/")).length;
  });
  return () => count;
}

describe("disasters that others had", () => {
  test(
    "flannel#1289: a node that was away does not fight for its blocks with their new owner",
    () => {
      const { world, hosts } = calmWorld({ nodes: 3, subnet: "10.42.0.0/28", quarantineMs: 8000 });
      const [away, ...others] = hosts;
      if (away === undefined) throw new Error("no machine");
      pass(world, 5000);
      const kept = addAll(world, away, 2);
      world.network.cut.add("n1");
      pass(world, 60_000);
      for (const host of others) addAll(world, host, 5);
      world.network.cut.clear();
      pass(world, 30_000);
      const changes = changesOfBlocks(world);
      pass(world, 120_000);
      expect(changes()).toBe(0);
      expect(kept).not.toContain(undefined);
      expect(world.judge.breaches).toEqual([]);
    },
    patience,
  );

  test(
    "flannel#621: blocks stay under living containers, whatever becomes of leases and daemons",
    () => {
      const { world, hosts } = calmWorld({ nodes: 2 });
      const [host] = hosts;
      if (host === undefined) throw new Error("no machine");
      pass(world, 5000);
      const given = addAll(world, host, 6);
      for (let day = 0; day < 3; day++) {
        world.engine.endLeases();
        host.process?.kill();
        pass(world, 60_000);
      }
      expect(given).not.toContain(undefined);
      for (const ip of given) expect(world.judge.ownerOf(ip ?? "")?.node).toBe("n1");
      expect(world.judge.breaches).toEqual([]);
    },
    patience,
  );

  test(
    "calico#2713: blocks of dead nodes do not fill the subnet",
    () => {
      const { world, hosts } = calmWorld({ nodes: 4, subnet: "10.42.0.0/28", quarantineMs: 8000 });
      pass(world, 5000);
      for (const host of hosts) addAll(world, host, 2);
      for (const host of hosts) world.halt(host);
      pass(world, 5000);
      const fresh = world.boot("new");
      pass(world, 60_000);
      expect(addAll(world, fresh, 10)).not.toContain(undefined);
      expect(world.judge.breaches).toEqual([]);
    },
    patience,
  );

  test(
    "cilium#40999: an ADD waits for its block, and does not fail at once",
    () => {
      const { world, hosts } = calmWorld({ nodes: 1 });
      const [host] = hosts;
      if (host === undefined) throw new Error("no machine");
      world.network.isDown = true;
      let answer: string | undefined;
      world.add(host, (addresses) => {
        answer = addresses?.join() ?? "refused";
      });
      pass(world, 8000);
      expect(answer).toBeUndefined();
      world.network.isDown = false;
      pass(world, 15_000);
      expect(answer).toMatch(/^10\.42\.0\./u);
    },
    patience,
  );

  test(
    "cilium#47910: what is free on other nodes is not exhausted, down to the last address",
    () => {
      const { world, hosts } = calmWorld({ nodes: 3, subnet: "10.42.0.0/28", blockSize: 29 });
      pass(world, 10_000);
      // Two blocks are there for three nodes: each takes one address for itself, two are the subnet's own.
      const served = hosts.flatMap((host) => addAll(world, host, 3));
      const more = hosts.flatMap((host) => addAll(world, host, 2));
      const given = [...served, ...more].filter((answer) => answer !== undefined);
      expect(served).not.toContain(undefined);
      expect(given).toHaveLength(16 - 2 - 3);
      expect(new Set(given).size).toBe(given.length);
      expect(world.judge.breaches).toEqual([]);
    },
    patience,
  );

  test(
    "whereabouts#110: no duplicates under load",
    () => {
      const { world, hosts } = calmWorld({ nodes: 5, subnet: "10.42.0.0/25", blockSize: 29 });
      world.network.weather.delayMs = 5;
      const given: string[] = [];
      for (const host of hosts) {
        for (let at = 0; at < 20; at++) {
          world.add(host, (addresses) => given.push(...(addresses ?? []).map(String)));
        }
      }
      pass(world, 40_000);
      expect(given).toHaveLength(100);
      expect(new Set(given).size).toBe(100);
      expect(world.judge.breaches).toEqual([]);
    },
    patience,
  );

  test(
    "autoscaling#1281: a block that could not be given back is given back later",
    () => {
      const { world, hosts } = calmWorld({ nodes: 2, restMs: 3000 });
      const [host] = hosts;
      if (host === undefined) throw new Error("no machine");
      pass(world, 5000);
      addAll(world, host, 10);
      const held = (): number => {
        return host.machine.disk.picture?.subnets[0]?.holdings.length ?? 0;
      };
      const before = held();
      // The answers to all that is asked are lost while it should be given back.
      world.network.cut.add("n1");
      for (const container of [...host.containers]) world.del(host, container);
      pass(world, 10_000);
      expect(held()).toBe(before);
      world.network.cut.clear();
      pass(world, 30_000);
      expect(held()).toBeLessThan(before);
      expect(world.judge.breaches).toEqual([]);
    },
    patience,
  );

  test(
    "flannel#2524: a watch that lost its place by compaction sees everything all the same",
    () => {
      const { world, hosts } = calmWorld({ nodes: 3 });
      const [first, second] = hosts;
      if (first === undefined || second === undefined) throw new Error("no machine");
      pass(world, 5000);
      world.network.cut.add("n1");
      world.network.breakConnections();
      addAll(world, second, 8);
      world.engine.compact();
      world.network.cut.clear();
      pass(world, 30_000);
      const seen = [...(first.view?.owners() ?? [])].sort();
      expect(seen).toEqual(owners(world));
      expect(first.view?.prefixesOf("n2")).toEqual(second.view?.prefixesOf("n2") ?? []);
    },
    patience,
  );
});
