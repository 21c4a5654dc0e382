import { expect, setDefaultTimeout } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import type { Conflist } from "../support/chain.ts";
import { EXECUTABLE, entriesMissing } from "../support/daemon.ts";
import { EtcdCluster } from "../support/etcd.ts";
import { FleetLab, type FleetNode, fleetNetwork, until } from "../support/fleet-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";

/** Two or three nodes, each with its own namespaces, directories and daemon, on a real etcd. */

setDefaultTimeout(patient(120_000));

const PICTURE = "/var/lib/hawser/cluster/pods/picture.json";
const missing = entriesMissing();
const fleetTest =
  missing === undefined ? needs("root", "etcd", "etcdctl", "ip") : skipBecause(missing);

interface Picture {
  readonly epoch: number;
  readonly session: string;
  readonly node: string;
  readonly subnets: readonly { holdings: readonly { prefix: string; state: string }[] }[];
}

/** A lab with an etcd at the lab's own address. */
async function fleet(nodes: number): Promise<AsyncDisposable & Fleet> {
  await using making = new AsyncDisposableStack();
  const lab = making.use(await FleetLab.create());
  const etcd = making.use(await EtcdCluster.start({ members: [{ address: lab.address4 }] }));
  const started = await lab.start(nodes);
  const stack = making.move();
  return {
    ...{ lab, etcd, nodes: started, store: { etcd: { endpoints: etcd.endpoints, timeout: "2s" } } },
    [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
  };
}

interface Fleet {
  readonly lab: FleetLab;
  readonly etcd: EtcdCluster;
  readonly nodes: FleetNode[];
  readonly store: Readonly<Record<string, unknown>>;
}

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new Error("there is none");
  return one;
}

const held = (node: FleetNode): string[] =>
  (node.json<Picture>(PICTURE)?.subnets ?? []).flatMap(({ holdings }) =>
    holdings.flatMap(({ prefix, state }) => (state === "held" ? [prefix] : [])),
  );

async function begin(nodes: readonly FleetNode[], list: Conflist): Promise<void> {
  for (const node of nodes) node.configure(list);
  await Promise.all(nodes.map(async (node) => await node.startDaemon()));
}

fleetTest(
  "containers of two nodes reach each other, and go on when daemon and store end",
  async () => {
    await using all = await fleet(2);
    const [one, two] = all.nodes as [FleetNode, FleetNode];
    const list = fleetNetwork({ store: all.store });
    await begin(all.nodes, list);
    const [a = ""] = await one.attach(list, "c1");
    const [b = ""] = await two.attach(list, "c2");
    expect(a).not.toBe(b);
    await until("a reaches b", async () => await one.reaches(b, "c1"));
    expect(await two.reaches(a, "c2")).toBe(true);

    const before = one.json<Picture>(PICTURE);
    await one.daemon.end("SIGKILL");
    expect(await one.reaches(b, "c1")).toBe(true);
    await one.startDaemon();
    await until("the daemon is ready", async () => (await one.status())["ready"] === true);
    expect(await one.reaches(b, "c1")).toBe(true);
    const after = one.json<Picture>(PICTURE);
    expect([after?.epoch, after?.session]).toEqual([before?.epoch, before?.session]);

    await first(all.etcd.members).kill();
    const [c = ""] = await one.attach(list, "c3");
    expect(new Set([a, b, c]).size).toBe(3);
    expect(await two.reaches(c, "c2")).toBe(true);
    await until("the store is known to be away", async () => {
      const metrics = await one.metrics();
      return metrics.get('hawser_fleet_store_up{network="pods"}') === 0;
    });
    expect((await one.status())["ready"]).toBe(true);
    first(all.etcd.members).start();
    await until(
      "the store is back",
      async () => {
        const metrics = await one.metrics();
        return metrics.get('hawser_fleet_store_up{network="pods"}') === 1;
      },
      30_000,
    );
    for (const name of ["c1", "c3"]) await one.detach(list, name);
    expect(
      readdirSync(one.path("/var/lib/hawser/cluster/pods/reservations")).filter((name) =>
        name.startsWith("10."),
      ),
    ).toEqual([]);
  },
);

fleetTest(
  "the next block comes before the last address is gone, and empty blocks go back",
  async () => {
    await using all = await fleet(1);
    const node = first(all.nodes);
    const list = fleetNetwork({
      store: all.store,
      blockSize: 29,
      overlay: "none",
      ipam: { rest: "2s" },
    });
    await begin(all.nodes, list);
    const names = Array.from({ length: 12 }, (_, at) => `c${at}`);
    for (const name of names) await node.attach(list, name);
    await until("there is a third block", () => held(node).length > 2);
    for (const name of names) await node.detach(list, name);
    // What a DEL frees is free on the disk: the next daemon gives the blocks back.
    await node.daemon.end("SIGKILL");
    await node.startDaemon();
    await until("blocks are given back", () => held(node).length <= 2, 30_000);
  },
);

fleetTest(
  "a node without a daemon takes part, and a daemon takes its membership over",
  async () => {
    await using all = await fleet(1);
    const node = first(all.nodes);
    const list = fleetNetwork({ store: all.store, overlay: "none" });
    const [a = ""] = await node.attach(list, "c1", { by: "plugin" });
    expect(a).toMatch(/^10\.42\./u);
    const before = node.json<Picture>(PICTURE);
    const daemon = await node.startDaemon();
    // It learns of the network from the note of the ADD: no file configures it.
    await daemon.logged("fleet begun");
    await until("the daemon is ready", async () => (await node.status())["ready"] === true);
    await node.attach(list, "c2");
    await node.startDaemon("--replace");
    await node.daemon.logged("fleet begun");
    await until("the next daemon is ready", async () => (await node.status())["ready"] === true);
    expect(node.json<Picture>(PICTURE)?.epoch).toBe(before?.epoch ?? 0);
    await node.attach(list, "c3");
  },
);

fleetTest("a start of the machine wins the id again", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  const list = fleetNetwork({
    store: all.store,
    overlay: "none",
    ipam: { lease: "2s", quarantine: "20s" },
  });
  await begin(all.nodes, list);
  await node.attach(list, "c1");
  const before = node.json<Picture>(PICTURE);
  await node.stop();
  await node.boot();
  node.configure(list);
  await node.startDaemon();
  await until(
    "the id is won",
    () => (node.json<Picture>(PICTURE)?.epoch ?? 0) > (before?.epoch ?? 0),
    30_000,
  );
  await until("the daemon is ready", async () => (await node.status())["ready"] === true, 60_000);
  await node.attach(list, "c2");
});

fleetTest("a wrong password is named, and the daemon serves other calls", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  await all.etcd.ctl(["user", "add", "root:secret"]);
  await all.etcd.ctl(["user", "grant-role", "root", "root"]);
  await all.etcd.ctl(["auth", "enable"]);
  const passwordFile = all.lab.path("password");
  await Bun.write(passwordFile, "wrong\n");
  const etcd = { ...(all.store["etcd"] as object), user: "root", passwordFile };
  const list = fleetNetwork({ store: { etcd }, overlay: "none" });
  await begin(all.nodes, list);
  await until("the status names it", async () => {
    return /password|denied|authenticat/iu.test(JSON.stringify(await node.status()));
  });
  expect((await node.status())["ready"]).toBe(false);
  const other = { cniVersion: "1.1.0", name: "plain", plugins: [{ type: "loopback" }] };
  await node.container("c1");
  await node.call("ADD", other, { container: "c1", ifName: "lo" });
  await Bun.write(passwordFile, "secret\n");
  await until("it is ready", async () => (await node.status())["ready"] === true, 30_000);
  await node.attach(list, "c2");
});

fleetTest("a configuration that changes under a running daemon takes effect", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  const wrong = fleetNetwork({
    store: { etcd: { endpoints: ["http://10.99.255.253:2379"], timeout: "1s" } },
    overlay: "none",
  });
  await begin(all.nodes, wrong);
  await node.daemon.logged("fleet begun");
  await until(
    "the store is known to be away",
    async () => (await node.status())["ready"] === false,
  );
  node.configure(fleetNetwork({ store: all.store, overlay: "none" }));
  await node.daemon.logged("fleet begun", 2);
  await until("it is ready", async () => (await node.status())["ready"] === true);
});

fleetTest("a copied disk is refused by name", async () => {
  await using all = await fleet(2);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  const list = fleetNetwork({ store: all.store, overlay: "none" });
  await begin([one], list);
  await one.attach(list, "c1");
  await one.must(["true"]);
  // The same disk, in a machine of which etcd knows that its twin lives.
  await two.must(["mkdir", "-p", "/var/lib/hawser"]);
  await Bun.$`cp -a ${one.path("/var/lib/hawser/cluster")} ${two.path("/var/lib/hawser/")}`.quiet();
  expect(existsSync(two.path(PICTURE))).toBe(true);
  await begin([two], list);
  await until(
    "the status names the twin",
    async () => {
      return JSON.stringify(await two.status()).includes("node1");
    },
    30_000,
  );
  expect((await two.status())["ready"]).toBe(false);
  expect((await one.status())["ready"]).toBe(true);
  const answer = await two.run([EXECUTABLE, "daemon", "--status"]);
  expect(answer.exitCode).toBe(1);
});
