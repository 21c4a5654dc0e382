import { expect } from "bun:test";
import { Load } from "../../../tests/store/load.ts";
import { EtcdCluster } from "../../../tests/support/etcd.ts";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import { EtcdStore } from "./index.ts";

const etcd = needs("etcd", "etcdctl", "ip");
const TIMEOUT_MS = 120_000;
/** A new leader, and a client that has noticed. */
const HEALS_WITHIN_MS = 15_000;
/** One endpoint has 2.5 s to answer; the machine may be busy. */
const LONGEST_MS = 12_000;

/** Nothing is lost, whatever is done; what is not known to be done is said to be so. */
async function expectWhole(load: Load): Promise<void> {
  expect(await load.end()).toEqual({ missed: [], twice: 0, disorder: 0, lost: [] });
  expect(load.longest).toBeLessThan(LONGEST_MS);
  for (const error of load.errors) {
    expect(error).toMatchObject({ fault: "unreachable", isUncertain: true });
    expect(error.message).toMatch(/^changing \/hawser\/load\/\d+: http:\/\/127\.0\.0\.\d:2379: /);
  }
}

etcd(
  "members that are killed, stand still or are restarted: no change is lost, none comes twice",
  async () => {
    await using cluster = await EtcdCluster.start({ members: 3 });
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    await using load = new Load(store);
    await load.progress(50, HEALS_WITHIN_MS);

    const killed = await cluster.leader();
    await killed.kill();
    await load.progress(50, HEALS_WITHIN_MS);
    killed.start();
    await cluster.serving(killed);

    const still = await cluster.leader();
    still.pause();
    await load.progress(50, HEALS_WITHIN_MS);
    still.resume();

    for (const member of cluster.members) {
      await member.stop();
      member.start();
      await cluster.serving(member);
    }
    await load.progress(50, HEALS_WITHIN_MS);
    await expectWhole(load);
  },
  TIMEOUT_MS,
);

needs(
  "etcd",
  "etcdctl",
  "ip",
  "nft",
)(
  "a member that is cut off from the client, and one that is cut off from the others",
  async () => {
    await using cluster = await EtcdCluster.start({ members: 3 });
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    await using load = new Load(store);
    await load.progress(30, HEALS_WITHIN_MS);
    await must(["nft", "add", "table", "inet", "cut"]);
    await must([
      "nft",
      "add",
      "chain",
      "inet",
      "cut",
      "c",
      "{ type filter hook input priority 0; }",
    ]);
    const heal = async (): Promise<string> =>
      await must(["nft", "flush", "chain", "inet", "cut", "c"]);

    // Packets to each client port vanish in turn: the client notices by itself.
    for (const { url } of cluster.members) {
      const { hostname } = new URL(url);
      await must([
        "nft",
        "add",
        "rule",
        "inet",
        "cut",
        "c",
        "ip",
        "daddr",
        hostname,
        "tcp",
        "dport",
        "2379",
        "drop",
      ]);
      await load.progress(30, HEALS_WITHIN_MS);
      await heal();
    }

    // The leader still talks to clients, and to no other member: it must not answer for the cluster.
    const { hostname } = new URL((await cluster.leader()).url);
    for (const side of ["saddr", "daddr"]) {
      for (const port of ["sport", "dport"]) {
        await must([
          "nft",
          "add",
          "rule",
          "inet",
          "cut",
          "c",
          "ip",
          side,
          hostname,
          "tcp",
          port,
          "2380",
          "drop",
        ]);
      }
    }
    await load.progress(50, HEALS_WITHIN_MS);
    await heal();
    await load.progress(30, HEALS_WITHIN_MS);
    await expectWhole(load);
  },
  TIMEOUT_MS,
);

etcd(
  "without a majority calls end in time, and say for each endpoint what is wrong",
  async () => {
    await using cluster = await EtcdCluster.start({ members: 3 });
    await using store = EtcdStore.open({ endpoints: cluster.endpoints, callMs: 6_000 });
    await store.transact([], [{ put: "/hawser/a", value: "1" }]);
    await cluster.member(0).kill();
    await cluster.member(1).kill();
    const begin = performance.now();
    const read = await store.read({ key: "/hawser/a" }).catch((error: unknown) => error);
    expect(performance.now() - begin).toBeLessThan(LONGEST_MS);
    expect(read).toMatchObject({ name: "StoreError", fault: "unreachable", isUncertain: false });
    expect(String(read)).toContain("reading /hawser/a: ");
    for (const endpoint of cluster.endpoints) expect(String(read)).toContain(endpoint);
    const change = await store
      .transact([], [{ put: "/hawser/a", value: "2" }])
      .catch((error: unknown) => error);
    expect(change).toMatchObject({ fault: "unreachable" });
    cluster.member(0).start();
    await cluster.serving(cluster.member(0));
    expect((await store.read({ key: "/hawser/a" })).entries[0]?.value).toBe("1");
  },
  TIMEOUT_MS,
);
