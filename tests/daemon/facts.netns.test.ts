import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../src/cli/version.ts";
import { type ChainRequest, runChain, runPlugin } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, FULL, TestDaemon } from "../support/daemon.ts";
import { addressOf, dbnet } from "../support/dbnet.ts";
import { must, ownEnvironment, type RunAnswer, run } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";

/** What the daemon knows of attachments, whichever program made them, and what it says of them. */

const test = skipBecause(entriesMissing());
const LIST = { ...dbnet(), cniVersion: "1.1.0" };
const FLAGS = ["--reconcile-interval", "100ms", "--reconcile-grace", "300ms"];
const CONF_DIR = "/run/networks";
const CACHE_DIR = "/run/cache";
const CNITOOL = "/run/networks/cnitool";

let host: Host;
let blue: Container;
const living = new Set<Container>();

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  blue = await begin("blue");
  mkdirSync(CONF_DIR, { recursive: true });
  writeFileSync(join(CONF_DIR, "dbnet.conflist"), JSON.stringify(LIST));
  await must(["ln", "-s", EXECUTABLE, CNITOOL]);
});
afterEach(async () => {
  for (const path of [CONF_DIR, CACHE_DIR]) rmSync(path, { recursive: true, force: true });
  for (const container of living) await end(container);
  await host.tidy();
});
afterAll(async () => {
  await host.tidy();
});

async function begin(name: string): Promise<Container> {
  const container = await host.container(name);
  living.add(container);
  return container;
}

async function end(container: Container): Promise<void> {
  living.delete(container);
  await host.remove(container);
}

/** Each way to attach the container of the scene without the daemon. */
const WAYS: readonly [name: string, by: string, go: (operation: "add" | "del") => Promise<void>][] =
  [
    [
      "case D3: hawser add",
      "hawser",
      async (operation) => {
        const words = ["--conf-dir", CONF_DIR, "--cache-dir", CACHE_DIR, "--plugin-dir", ENTRIES];
        await must([EXECUTABLE, operation, "dbnet", blue.netns, ...words, "--id", "c1"]);
      },
    ],
    [
      "case D3, kind: cnitool",
      "cnitool",
      async (operation) => {
        const env = { ...ownEnvironment(), NETCONFPATH: CONF_DIR, CNI_PATH: ENTRIES };
        const words = [CNITOOL, operation, "dbnet", blue.netns];
        await must(words, { env });
      },
    ],
    [
      "case D3, kind: the full executable",
      "bridge",
      async (operation) => {
        await runChain(request(operation === "add" ? "ADD" : "DEL", "c1", FULL));
      },
    ],
  ];

function request(
  operation: ChainRequest["operation"],
  containerId: string,
  dir: string = ENTRIES,
  netns: string = blue.netns,
): ChainRequest {
  return { dir, list: LIST, operation, attachment: { containerId, netns, ifName: "eth0" } };
}

async function status(): Promise<Record<string, unknown>> {
  return JSON.parse(await must([EXECUTABLE, "daemon", "--status"])) as Record<string, unknown>;
}

async function metrics(): Promise<string[]> {
  const answer = await fetch("http://daemon/metrics", { unix: "/run/hawser/status.sock" });
  return (await answer.text()).split("\n");
}

async function history(...words: readonly string[]): Promise<Record<string, unknown>[]> {
  const text = await must([EXECUTABLE, "daemon", "--history", ...words]);
  return JSON.parse(text) as Record<string, unknown>[];
}

for (const [name, by, go] of WAYS) {
  test(`${name} is known to the daemon: log, metric, status, and removed when its namespace goes`, async () => {
    await using daemon = await TestDaemon.start(FLAGS);
    await go("add");
    const facts = { level: "info", by, network: "dbnet", ifName: "eth0", netns: blue.netns };
    expect(await daemon.logged("attached")).toMatchObject({ ...facts, addresses: ["10.1.0.2/16"] });
    expect(await status()).toMatchObject({ attachments: 1 });
    expect(await metrics()).toContain("hawser_attachments 1");
    await go("del");
    expect(await daemon.logged("detached")).toMatchObject({ ...facts, addresses: ["10.1.0.2/16"] });
    expect(await status()).toMatchObject({ attachments: 0 });
    expect(await metrics()).toContain(
      `hawser_attachments_without_daemon_total{event="attached",by="${by}"} 1`,
    );
    await go("add");
    await end(blue);
    expect(await daemon.logged("reconciled")).toMatchObject({
      plugins: ["bridge", "tuning", "portmap"],
    });
    expect(await must(["ip", "-o", "link", "show", "type", "veth"])).toBe("");
    expect(await status()).toMatchObject({ attachments: 0 });
  });
}

test("case D3, kind: what was attached before any daemon ran is known to the first one", async () => {
  await runChain(request("ADD", "c1"));
  await using daemon = await TestDaemon.start(FLAGS);
  expect(await status()).toMatchObject({ attachments: 1 });
  await end(blue);
  await daemon.logged("reconciled");
  expect(readdirSync("/run/hawser/attachments")).toEqual([]);
});

test("case D3, kind: a GC by the full executable takes its notes along", async () => {
  const green = await begin("green");
  await runChain(request("ADD", "c1"));
  await runChain(request("ADD", "c2", ENTRIES, green.netns));
  await using _daemon = await TestDaemon.start();
  expect(await status()).toMatchObject({ attachments: 2 });
  const validAttachments = [{ containerID: "c2", ifname: "eth0" }];
  await runChain({ ...request("GC", "c1", FULL), validAttachments });
  expect(await status()).toMatchObject({ attachments: 1 });
  expect(await history()).toMatchObject([
    { containerId: "c1", present: false, to: expect.any(String) as string },
    { containerId: "c2", present: true },
  ]);
});

test("case U4: what a GC through the daemon removes is not noted any more", async () => {
  const [green, red] = [await begin("green"), await begin("red")];
  await using daemon = await TestDaemon.start();
  await runChain(request("ADD", "c1"));
  await runChain(request("ADD", "c2", ENTRIES, green.netns));
  const other = { ...LIST, name: "other" };
  await runChain({ ...request("ADD", "c1", ENTRIES, red.netns), list: other });
  expect(await status()).toMatchObject({ attachments: 3 });
  const validAttachments = [{ containerID: "c2", ifname: "eth0" }];
  await runChain({ ...request("GC", "c1"), validAttachments });
  expect(await status()).toMatchObject({ attachments: 2 });
  expect(await history()).toMatchObject([
    { containerId: "c1", network: "dbnet", present: false },
    { containerId: "c2", network: "dbnet", present: true },
    { containerId: "c1", network: "other", present: true },
  ]);
  await runChain({ ...request("GC", "c1"), validAttachments: [] });
  expect(await metrics()).toContain("hawser_attachments 1");
  expect(await daemon.served(15)).toContain("portmap GC");
});

test("case U4, kind: a GC of one plugin alone leaves the notes of the others", async () => {
  await using daemon = await TestDaemon.start(FLAGS);
  await runChain(request("ADD", "c1"));
  const [bridge = {}] = LIST.plugins;
  const list = { ...LIST, plugins: [bridge] };
  await runChain({ ...request("GC", "c1"), list, validAttachments: [] });
  expect(await status()).toMatchObject({ attachments: 1 });
  await end(blue);
  expect(await daemon.logged("reconciled")).toMatchObject({ plugins: ["tuning", "portmap"] });
  expect(await status()).toMatchObject({ attachments: 0 });
});

test("case U4, kind: a GC that fails leaves every note", async () => {
  await using _daemon = await TestDaemon.start();
  await runChain(request("ADD", "c1"));
  const gc = { CNI_COMMAND: "GC", CNI_PATH: ENTRIES };
  const config = { ...LIST.plugins[0], cniVersion: "1.1.0", name: "dbnet" };
  expect((await runPlugin(ENTRIES, "bridge", config, gc)).exitCode).toBe(1);
  expect(await status()).toMatchObject({ attachments: 1 });
});

test("case D4: attachments are counted from the first moment, and the version is told", async () => {
  const green = await begin("green");
  const first = await TestDaemon.start();
  await runChain(request("ADD", "c1"));
  await runChain(request("ADD", "c2", ENTRIES, green.netns));
  expect(await status()).toMatchObject({ attachments: 2, version: VERSION });
  await first.end("SIGKILL");
  await using _second = await TestDaemon.start(["--no-reconcile"]);
  expect(await status()).toMatchObject({ attachments: 2 });
  const text = await metrics();
  expect(text).toContain("hawser_attachments 2");
  expect(text).toContain(`hawser_build_info{version="${VERSION}"} 1`);
  await runChain(request("DEL", "c1"));
  expect(await status()).toMatchObject({ attachments: 1 });
});

test("case D4, kind: a failure is an error in the log, and its facts are fields", async () => {
  await using daemon = await TestDaemon.start();
  const call = async (config: object, more: Record<string, string>): Promise<RunAnswer> =>
    await runPlugin(ENTRIES, "bridge", config as Readonly<Record<string, unknown>>, {
      ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c1", CNI_IFNAME: "eth0", CNI_PATH: ENTRIES },
      ...{ CNI_NETNS: blue.netns, ...more },
    });
  const net = { cniVersion: "1.1.0", name: "net", type: "bridge" };
  expect((await call({ ...net, mtu: "big" }, {})).exitCode).toBe(1);
  expect((await call({ ...net, bridge: "ok0" }, {})).exitCode).toBe(0);
  await daemon.served(2);
  const [failed, done] = daemon.log.filter(({ event }) => event === "call");
  expect(failed).toMatchObject({ level: "error", code: 7, container: "c1", network: "net" });
  expect(failed?.["msg"]).toContain("mtu");
  expect(failed).not.toHaveProperty("answer");
  expect(done).toMatchObject({ level: "info", operation: "ADD", addresses: [] });
  expect(done).not.toHaveProperty("code");
});

test("case D4, kind: the history says which container had an address, and when", async () => {
  await using daemon = await TestDaemon.start();
  const list = {
    ...LIST,
    plugins: LIST.plugins.map((each) =>
      each["type"] === "bridge"
        ? {
            ...each,
            ipam: {
              type: "host-local",
              subnet: "10.1.0.0/24",
              rangeStart: "10.1.0.7",
              rangeEnd: "10.1.0.7",
            },
          }
        : each,
    ),
  };
  const times: Date[] = [];
  for (const id of ["first", "second"]) {
    const add = await runChain({ ...request("ADD", id), list });
    expect(addressOf(add.result, 4)).toBe("10.1.0.7");
    await Bun.sleep(20);
    times.push(new Date());
    await Bun.sleep(20);
    await runChain({ ...request("DEL", id), list });
  }
  expect(await daemon.logged("call")).toMatchObject({ addresses: ["10.1.0.7/24"] });
  const facts = { network: "dbnet", ifName: "eth0", addresses: ["10.1.0.7/24"], present: false };
  expect(await history("10.1.0.7")).toMatchObject([
    { ...facts, containerId: "first" },
    { ...facts, containerId: "second" },
  ]);
  for (const [n, id] of ["first", "second"].entries()) {
    const then = await history("10.1.0.7", "--at", times[n]?.toISOString() ?? "");
    expect(then).toMatchObject([{ containerId: id }]);
  }
  expect(await history("10.1.0.8")).toEqual([]);
  expect((await run([EXECUTABLE, "daemon", "--history", "nonsense"])).exitCode).not.toBe(0);
  // It is printed without a daemon, too.
  await daemon.end();
  expect(await history()).toHaveLength(2);
});

test("case D4, kind: status and metrics say how full each range is, also that of a full one", async () => {
  const green = await begin("green");
  const ipam = {
    ...{ type: "host-local", exclude: ["10.1.0.9"] },
    ranges: [[{ subnet: "10.1.0.0/24", rangeStart: "10.1.0.7", rangeEnd: "10.1.0.9" }]],
  };
  const [bridge = {}] = LIST.plugins;
  const list = { ...LIST, plugins: [{ ...bridge, ipam }] };
  const labels = '{network="dbnet",ranges="10.1.0.7-10.1.0.9"}';
  const lines = async (): Promise<string[]> =>
    (await metrics()).filter((line) => line.startsWith("hawser_pool_"));
  const first = await TestDaemon.start();
  expect(await lines()).toEqual([]);
  // What a runtime asks for again and again is enough to know the ranges.
  await runChain({ ...request("STATUS", "c1"), list });
  await Bun.sleep(1100);
  expect(await lines()).toEqual([
    `hawser_pool_addresses${labels} 2`,
    `hawser_pool_reserved${labels} 0`,
    `hawser_pool_excluded${labels} 1`,
  ]);
  await runChain({ ...request("ADD", "c1"), list });
  await runChain({ ...request("ADD", "c2", ENTRIES, green.netns), list });
  await first.end("SIGKILL");
  // The next daemon knows them by the notes, and that they are full is no failure.
  await using second = await TestDaemon.start(FLAGS);
  await runChain({ ...request("STATUS", "c1"), list });
  expect(await second.served(1)).toEqual(["bridge STATUS"]);
  const pool = { network: "dbnet", ranges: "10.1.0.7-10.1.0.9", addresses: 2, excluded: 1 };
  expect(await status()).toMatchObject({ ready: true, pools: [{ ...pool, reserved: 2 }] });
  expect(await lines()).toContain(`hawser_pool_reserved${labels} 2`);
});
