import { expect } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Watched } from "../../../tests/store/watched.ts";
import { EtcdCluster } from "../../../tests/support/etcd.ts";
import { needs } from "../../../tests/support/needs.ts";
import { under } from "../index.ts";
import { type EtcdOptions, EtcdStore } from "./index.ts";

const etcd = needs("etcd", "etcdctl", "ip");
const TIMEOUT_MS = 60_000;
/** In seconds: as short as etcd takes it. */
const TOKEN_TTL = 1;

async function errorOf(options: EtcdOptions): Promise<unknown> {
  await using store = EtcdStore.open(options);
  return await store.read({ key: "/hawser/a" }).then(
    () => "answered",
    (error: unknown) => error,
  );
}

/** One user that may use the keys of a fleet, and no others. */
async function addUsers(cluster: EtcdCluster): Promise<void> {
  for (const words of [
    ["user", "add", "root:secret"],
    ["user", "grant-role", "root", "root"],
    ["role", "add", "fleet"],
    ["role", "grant-permission", "fleet", "readwrite", "--prefix=true", "/hawser/"],
    ["user", "add", "hawser:pass"],
    ["user", "grant-role", "hawser", "fleet"],
    ["auth", "enable"],
  ]) {
    await cluster.ctl(words);
  }
}

etcd(
  "users: right and wrong passwords, permissions, tokens that end",
  async () => {
    const scratch = mkdtempSync(join(tmpdir(), "users-"));
    const passwordFile = join(scratch, "password");
    await using cluster = await EtcdCluster.start({
      words: ["--auth-token-ttl", String(TOKEN_TTL)],
    });
    const { endpoints } = cluster;
    // A user is configured before etcd knows any.
    expect(await errorOf({ endpoints, user: "hawser", password: "pass" })).toBe("answered");
    await addUsers(cluster);

    const none = await errorOf({ endpoints });
    expect(none).toMatchObject({ fault: "denied" });
    expect(String(none)).toContain("etcd asks for a user, and none is configured");
    const wrong = await errorOf({ endpoints, user: "hawser", password: "no" });
    expect(wrong).toMatchObject({ fault: "denied" });
    expect(String(wrong)).toContain("user or password are wrong");

    await using store = EtcdStore.open({ endpoints, user: "hawser", passwordFile });
    const noFile = await store.identify().catch((error: unknown) => error);
    expect(String(noFile)).toContain(passwordFile);
    writeFileSync(passwordFile, "pass\n");
    const { revision } = await store.transact([], [{ put: "/hawser/a", value: "1" }]);
    const denied = await store
      .transact([], [{ put: "/other", value: "" }])
      .catch((error: unknown) => error);
    expect(denied).toMatchObject({ fault: "denied", isUncertain: false });
    expect(String(denied)).toMatch(/changing \/other: .*grant-permission/);

    await using watched = Watched.start(store, under("/hawser/"), revision);
    await watched.reached(revision);
    await Bun.sleep(3 * TOKEN_TTL * 1000);
    const second = await store.transact([], [{ put: "/hawser/a", value: "2" }]);
    await watched.reached(second.revision);
    // Members forget all tokens when they are started again.
    await cluster.member(0).stop();
    cluster.member(0).start();
    await cluster.serving(cluster.member(0));
    const third = await store.transact([], [{ put: "/hawser/a", value: "3" }]);
    await watched.reached(third.revision);
    expect(watched.events).toHaveLength(3);

    const forbidden = Watched.start(store, under("/other/"), 1n);
    await Bun.sleep(500);
    await forbidden[Symbol.asyncDispose]();
    expect(forbidden.error).toMatchObject({ fault: "denied" });
    rmSync(scratch, { recursive: true });
  },
  TIMEOUT_MS,
);
