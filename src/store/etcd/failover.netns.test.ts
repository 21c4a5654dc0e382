import { expect } from "bun:test";
import { Load } from "../../../tests/store/load.ts";
import { Watched } from "../../../tests/store/watched.ts";
import { openDescriptors } from "../../../tests/support/descriptors.ts";
import { EtcdCluster, type MemberPlace } from "../../../tests/support/etcd.ts";
import { must } from "../../../tests/support/exec.ts";
import { Host } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { EtcdStore } from "./index.ts";

const etcd = needs("etcd", "etcdctl", "ip");
const TIMEOUT_MS = 180_000;
/** A new leader, and a client that has noticed. */
const HEALS_WITHIN_MS = 40_000;
/** One endpoint has 2.5 s to answer; the machine may be busy. */
const LONGEST_MS = 15_000;

/** Nothing is lost, whatever is done; what is not known to be done is said to be so. */
async function expectWhole(
  load: Load,
  text: RegExp = /^changing \/hawser\/load\/\d+: http:\/\/127\.0\.0\.\d:2379: /u,
): Promise<void> {
  expect(await load.end()).toEqual({ missed: [], twice: 0, disorder: 0, lost: [] });
  expect(load.longest).toBeLessThan(LONGEST_MS);
  for (const error of load.errors) {
    expect(error).toMatchObject({ fault: "unreachable", isUncertain: true });
    expect(error.message).toMatch(text);
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

/** Three members, each in a network namespace of its own, on a bridge where the client is too. */
async function placeMembers(): Promise<MemberPlace[]> {
  const host = await Host.create();
  await must(["ip", "link", "add", "br0", "type", "bridge"]);
  await must(["ip", "address", "add", "10.99.0.254/24", "dev", "br0"]);
  await must(["ip", "link", "set", "br0", "up"]);
  const places: MemberPlace[] = [];
  for (const index of [1, 2, 3]) {
    const netns = `m${index}`;
    const address = `10.99.0.${index}`;
    await host.container(netns);
    const veth = ["ip", "link", "add", `v${index}`, "type", "veth"];
    await must([...veth, "peer", "name", "eth0", "netns", netns]);
    await must(["ip", "link", "set", `v${index}`, "master", "br0", "up"]);
    await must(["ip", "-n", netns, "address", "add", `${address}/24`, "dev", "eth0"]);
    await must(["ip", "-n", netns, "link", "set", "eth0", "up"]);
    places.push({ address, netns });
  }
  return places;
}

needs(
  "etcd",
  "etcdctl",
  "ip",
  "nft",
  "root",
)(
  "a member that is cut off from all, and a leader that is cut off from the other members",
  async () => {
    const places = await placeMembers();
    await using cluster = await EtcdCluster.start({ members: places });
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    await using load = new Load(store);
    await load.progress(30, HEALS_WITHIN_MS);

    // Packets vanish, and no connection is ended: the client notices by itself.
    for (const index of [1, 2, 3]) {
      await must(["ip", "link", "set", `v${index}`, "down"]);
      await load.progress(30, HEALS_WITHIN_MS);
      await must(["ip", "link", "set", `v${index}`, "up"]);
      await Bun.sleep(2_000);
    }

    // It still talks to clients, and must not answer for the cluster.
    const leader = await cluster.leader();
    const { netns = "" } = places[cluster.members.indexOf(leader)] ?? {};
    const inside = ["ip", "netns", "exec", netns, "nft"];
    await must([...inside, "add", "table", "inet", "cut"]);
    for (const hook of ["input", "output"]) {
      const chain = `{ type filter hook ${hook} priority 0; }`;
      await must([...inside, "add", "chain", "inet", "cut", hook, chain]);
      for (const port of ["sport", "dport"]) {
        await must([...inside, "add", "rule", "inet", "cut", hook, "tcp", port, "2380", "drop"]);
      }
    }
    await load.progress(50, HEALS_WITHIN_MS);
    await must([...inside, "delete", "table", "inet", "cut"]);
    await load.progress(30, HEALS_WITHIN_MS);
    await expectWhole(load, /^changing \/hawser\/load\/\d+: http:\/\/10\.99\.0\.\d:2379: /u);
  },
  TIMEOUT_MS,
);

etcd(
  "one connection carries all calls and watches",
  async () => {
    await using cluster = await EtcdCluster.start();
    const before = await restingDescriptors();
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    await store.identify();
    const watches = Array.from({ length: 5 }, () => Watched.start(store, { key: "/hawser/1" }, 1n));
    const lease = await store.grant(10);
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 30 }, async (_, index) => {
          await store.transact([], [{ put: `/hawser/${index}`, value: String(round) }]);
          await store.renew(lease);
        }),
      );
    }
    const { revision } = await store.transact([], [{ put: "/hawser/1", value: "last" }]);
    for (const watched of watches) await watched.reached(revision);
    expect(openDescriptors().size).toBe(before + 1);
    for (const watched of watches) await watched[Symbol.asyncDispose]();
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

etcd(
  "a short time for calls leaves room for another member, and no member that stands still is asked for ever",
  async () => {
    await using cluster = await EtcdCluster.start({ members: 3 });
    const leader = await cluster.leader();
    const still = cluster.members.find((member) => member !== leader);
    still?.pause();
    const endpoints = [still?.url ?? "", leader.url];
    // Each begins with one of the two, by chance.
    for (const _ of Array.from({ length: 8 })) {
      await using store = EtcdStore.open({ endpoints, callMs: 4_000 });
      expect((await store.read({ key: "/hawser/a" })).entries).toEqual([]);
    }
    for (const _ of Array.from({ length: 8 })) {
      // Too short for a second member: the next call begins with it.
      await using store = EtcdStore.open({ endpoints, callMs: 900 });
      await store.read({ key: "/hawser/a" }).catch(() => undefined);
      const change = await store.transact([], [{ put: "/hawser/b", value: "1" }]);
      expect(change.done).toBe(true);
    }
  },
  TIMEOUT_MS,
);

/** How many descriptors are open when those of the tests before are closed. */
async function restingDescriptors(): Promise<number> {
  for (let count = openDescriptors().size; ; ) {
    await Bun.sleep(500);
    const now = openDescriptors().size;
    if (now === count) return now;
    count = now;
  }
}
