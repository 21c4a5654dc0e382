import { expect } from "bun:test";
import { join } from "node:path";
import { Watched } from "../../../tests/store/watched.ts";
import { EtcdCluster, progressEach } from "../../../tests/support/etcd.ts";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import { until } from "../../../tests/support/until.ts";
import { type StoreError, under } from "../index.ts";
import { EtcdStore } from "./index.ts";

const etcd = needs("etcd", "etcdctl", "ip");
const TIMEOUT_MS = 90_000;

async function errorOf(work: Promise<unknown>): Promise<StoreError> {
  return await work.then(
    (value) => {
      throw new Error(`it was answered: ${JSON.stringify(value, (_, each) => String(each))}`);
    },
    (error: StoreError) => error,
  );
}

etcd(
  "an etcd without space refuses changes, and says what to do",
  async () => {
    await using cluster = await EtcdCluster.start({ words: ["--quota-backend-bytes", "500000"] });
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    let count = 0;
    let error: StoreError | undefined;
    for (; error === undefined && count < 100; count++) {
      const changes = [{ put: `/hawser/${count}`, value: "x".repeat(50_000) }];
      error = await store.transact([], changes).then(
        () => undefined,
        (reason: StoreError) => reason,
      );
    }
    expect(error).toMatchObject({ fault: "full", isUncertain: true });
    expect(error?.message).toMatch(
      /no space is left: compact and defragment .*etcdctl alarm disarm/,
    );
    // What stands there can still be read, and removed.
    const { entries } = await store.read(under("/hawser/"));
    // The last one was made, where etcd found out while it made it.
    expect([count - 1, count]).toContain(entries.length);
    const removal = await store.transact([], [{ delete: "/hawser/0" }]);
    expect(removal.done).toBe(true);
    expect((await errorOf(store.grant(10))).fault).toBe("full");
  },
  TIMEOUT_MS,
);

etcd(
  "an etcd that was restored from a backup is not believed until it is asked who it is",
  async () => {
    await using cluster = await EtcdCluster.start();
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    await store.transact([], [{ put: "/hawser/a", value: "1" }]);
    const backup = join(cluster.directory, "backup");
    await cluster.save(backup);
    for (let count = 0; count < 5; count++) {
      await store.transact([], [{ put: "/hawser/a", value: `new ${count}` }]);
    }
    const before = await store.identify();
    await using watched = Watched.start(store, under("/hawser/"), before.revision + 1n);
    await Bun.sleep(200);
    await cluster.restore(backup);
    const change = await errorOf(store.transact([], [{ put: "/hawser/a", value: "late" }]));
    expect(change).toMatchObject({ fault: "wrong answer", isUncertain: false });
    expect(change.message).toMatch(/restored from a backup|set up anew/);
    expect((await errorOf(store.read({ key: "/hawser/a" }))).fault).toBe("wrong answer");
    await until("the watch has ended", () => watched.error !== undefined, 20_000);
    expect(watched.error).toMatchObject({ fault: "wrong answer" });
    const after = await store.identify();
    expect(after.revision).toBeLessThan(before.revision);
    expect((await store.read({ key: "/hawser/a" })).entries[0]?.value).toBe("1");
  },
  TIMEOUT_MS,
);

etcd(
  "endpoints of two clusters are found out",
  async () => {
    await using one = await EtcdCluster.start({ members: [{ address: "127.0.0.1" }] });
    await using other = await EtcdCluster.start({
      members: [{ address: "127.0.0.2" }],
      words: ["--initial-cluster-token", "other"],
    });
    await using store = EtcdStore.open({ endpoints: [...one.endpoints, ...other.endpoints] });
    await store.transact([], [{ put: "/hawser/a", value: "1" }]);
    // Whichever answered: one of the two is asked after the other.
    const answers: unknown[] = [];
    for (const cluster of [one, other]) {
      await cluster.member(0).stop();
      const changes = [{ put: "/hawser/a", value: "2" }];
      answers.push(await store.transact([], changes).catch((error: unknown) => error));
      cluster.member(0).start();
      await cluster.serving(cluster.member(0));
    }
    const [error] = answers.filter((answer) => answer instanceof Error);
    expect(error).toMatchObject({ fault: "wrong answer", isUncertain: false });
    expect(String(error)).toMatch(
      /belongs to the etcd cluster [\da-f]+, and answers before came from [\da-f]+/,
    );
  },
  TIMEOUT_MS,
);

etcd(
  "what others keep there stays, and a prefix is no part of the keys",
  async () => {
    await using cluster = await EtcdCluster.start();
    await cluster.ctl(["put", "/hawsex/z", "theirs"]);
    await cluster.ctl(["put", "/hawser0", "theirs"]);
    await using store = EtcdStore.open({ endpoints: cluster.endpoints, prefix: "/tenant" });
    await store.transact([], [{ put: "/hawser/a", value: "ours" }]);
    await cluster.ctl(["put", "/hawser/a", "theirs"]);
    const { entries } = await store.read(under("/hawser/"));
    expect(entries.map(({ key, value }) => [key, value])).toEqual([["/hawser/a", "ours"]]);
    await store.transact([], [{ delete: "/hawser/a" }]);
    expect(await cluster.ctl(["get", "/", "--prefix", "--keys-only"])).toBe(
      "/hawser/a\n\n/hawser0\n\n/hawsex/z\n\n",
    );
    // What is no text of UTF-8 is an entry like others, whose reader will not know it.
    await must([
      "sh",
      "-c",
      `printf '\\377\\376' | etcdctl --endpoints ${cluster.endpoints[0]} put /tenant/hawser/b`,
    ]);
    expect((await store.read(under("/hawser/"))).entries.map(({ key }) => key)).toEqual([
      "/hawser/b",
    ]);
  },
  TIMEOUT_MS,
);

needs(
  "etcd",
  "etcdctl",
  "ip",
  "tc",
)(
  "a slow etcd is waited for; a watch over it loses nothing",
  async () => {
    await using cluster = await EtcdCluster.start();
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    await must(["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "300ms"]).catch(
      async () => {
        await must([
          "tc",
          "qdisc",
          "add",
          "dev",
          "lo",
          "root",
          "tbf",
          "rate",
          "64kbit",
          "burst",
          "1600",
          "latency",
          "2s",
        ]);
      },
    );
    const { revision } = await store.identify();
    await using watched = Watched.start(store, under("/hawser/"), revision + 1n);
    let last = 0n;
    for (let count = 0; count < 5; count++) {
      last = (await store.transact([], [{ put: `/hawser/${count}`, value: "" }])).revision;
    }
    await watched.reached(last);
    expect(watched.events).toHaveLength(5);
    await must(["tc", "qdisc", "del", "dev", "lo", "root"]);
  },
  TIMEOUT_MS,
);

etcd(
  "a watch where nothing happens is alive: it goes on after a member was away, and moves on by itself",
  async () => {
    await using cluster = await EtcdCluster.start({
      words: await progressEach("1s"),
    });
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    const { revision } = await store.identify();
    await using watched = Watched.start(store, under("/hawser/"), revision + 1n);
    const other = await store.transact([], [{ put: "/other", value: "" }]);
    await watched.reached(other.revision);
    expect(watched.events).toEqual([]);
    await cluster.member(0).kill();
    await Bun.sleep(1_000);
    cluster.member(0).start();
    await cluster.serving(cluster.member(0));
    // Longer than a watch waits before it asks for a sign of life.
    await Bun.sleep(12_000);
    const { revision: last } = await store.transact([], [{ put: "/hawser/a", value: "" }]);
    await watched.reached(last);
    expect(watched.events).toHaveLength(1);
  },
  TIMEOUT_MS,
);

etcd(
  "an answer that is too large is not read; IPv6 leads to etcd as well",
  async () => {
    await using cluster = await EtcdCluster.start({ members: [{ address: "[::1]" }] });
    await using store = EtcdStore.open({ endpoints: cluster.endpoints });
    const value = "x".repeat(1_400_000);
    for (let count = 0; count < 25; count++) {
      await store.transact([], [{ put: `/hawser/${count}`, value }]);
    }
    const error = await errorOf(store.read(under("/hawser/")));
    expect(error).toMatchObject({ fault: "refused" });
    expect(error.message).toContain("ask for fewer keys at a time");
    expect((await store.read(under("/hawser/", 10))).entries).toHaveLength(10);
    // A watch gets as much in pieces.
    await using watched = Watched.start(store, under("/hawser/"), 1n);
    await watched.reached((await store.identify()).revision);
    expect(watched.events).toHaveLength(25);
  },
  TIMEOUT_MS,
);
