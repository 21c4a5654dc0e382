import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { Runtime } from "../../src/runtime/index.ts";
import { ENTRIES, entriesMissing, FULL, type LogLine, TestDaemon } from "../support/daemon.ts";
import { must } from "../support/exec.ts";
import type { Container } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { ruleset, run } from "../support/ruleset.ts";
import { fullList, PORT, SyncLab } from "../support/sync-lab.ts";
import { askFrom } from "../support/traffic.ts";

/** What other programs take away, the daemon puts back; and only that. */

const test = skipBecause(entriesMissing());
setDefaultTimeout(60_000);

const ENV = { CNI_PATH: ENTRIES };
const STATUS = "/run/hawser/status.sock";
const WITHIN_MS = 1_000;

let lab: SyncLab;
const runtime = new Runtime({ pluginDirs: [ENTRIES] });
const list = fullList();

beforeAll(async () => {
  lab = await SyncLab.create();
});
afterEach(async () => {
  await lab.clear();
});
afterAll(async () => {
  await lab.host.remove(lab.outside);
});

async function attached(name: string, port = PORT): Promise<Container> {
  const made = await lab.container(name);
  await runtime.add(list, lab.conf(made, port));
  return made;
}

const own = (): string[] =>
  ruleset()
    .map((each) => JSON.stringify(each))
    .filter((each) => each.includes("hawser"))
    .toSorted();

/** Waits until it is so; gives the milliseconds. */
async function until(isSo: () => boolean, withinMs = patient(WITHIN_MS * 5)): Promise<number> {
  const started = performance.now();
  while (!isSo()) {
    if (performance.now() - started > withinMs) throw new Error("it has not come to be");
    await Bun.sleep(10);
  }
  return performance.now() - started;
}

function lines(daemon: TestDaemon, event: string): LogLine[] {
  return daemon.log.filter((line) => line.event === event);
}

async function post(path = "/sync", method = "POST"): Promise<Response> {
  return await fetch(`http://daemon${path}`, { unix: STATUS, method });
}

test("a flushed ruleset is back within a second, by itself, and strangers' tables stay away", async () => {
  await using daemon = await TestDaemon.start(["--sync"], ENV);
  const blue = await attached("blue");
  await lab.greeter(blue);
  const whole = own();
  for (let round = 1; round <= 2; round++) {
    run(["nft", "add table ip stranger"]);
    run(["nft", "flush", "ruleset"]);
    const ms = await until(() => Bun.deepEquals(own(), whole));
    if (round === 1) expect(ms).toBeLessThan(patient(WITHIN_MS));
  }
  expect(await askFrom(lab.outside, lab.outside.hostAddress4, PORT)).toContain("blue");
  expect(run(["nft", "list", "tables"])).not.toContain("stranger");
  expect(await daemon.logged("restored")).toMatchObject({
    ...{ network: "dbnet", container: "blue", ifName: "eth0", trigger: "ruleset" },
    pieces: expect.arrayContaining([
      expect.objectContaining({ plugin: "portmap", piece: "port mappings" }),
    ]) as unknown,
  });
  const metrics = await (await post("/metrics", "GET")).text();
  expect(metrics).toContain(
    'hawser_sync_pieces_total{plugin="portmap",piece="port mappings",result="restored"} 2',
  );
});

test("part of it is enough: a table, a chain, the elements of a map", async () => {
  await using daemon = await TestDaemon.start(["--sync"], ENV);
  await attached("blue");
  const whole = own();
  for (const damage of [
    "delete table inet hawser_masquerade",
    "flush chain inet hawser_ports prerouting",
    "flush map inet hawser_ports hostports4",
  ]) {
    const restored = lines(daemon, "restored").length;
    run(["nft", damage]);
    // It may be whole again before a look at it: the daemon's log says that it was not.
    const isRestored = (): boolean => lines(daemon, "restored").length > restored;
    await until(() => isRestored() && Bun.deepEquals(own(), whole));
  }
  expect(lines(daemon, "not restored")).toEqual([]);
});

test("what the daemon does itself is no trigger, and its looks are no calls in the log", async () => {
  await using daemon = await TestDaemon.start(["--sync"], ENV);
  const blue = await attached("blue");
  await attached("red", 8081);
  await runtime.del(list, lab.conf(blue));
  run(["nft", "flush", "ruleset"]);
  await daemon.logged("restored");
  await Bun.sleep(500);
  const metrics = await (await post("/metrics", "GET")).text();
  // The first look of all, and the one after the flush.
  expect(metrics).toContain('hawser_sync_looks_total{trigger="interval"} 1');
  expect(metrics).toContain('hawser_sync_looks_total{trigger="ruleset"} 1');
  expect(daemon.calls.filter((call) => call.endsWith("CHECK"))).toEqual([]);
  expect(lines(daemon, "restored")).toHaveLength(1);
});

test("without --sync it looks on request alone", async () => {
  await using daemon = await TestDaemon.start([], ENV);
  await attached("blue");
  const whole = own();
  run(["nft", "flush", "ruleset"]);
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "0");
  await Bun.sleep(500);
  expect(own()).toEqual([]);
  expect((await post("/sync", "GET")).status).toBe(405);
  const answer = (await (await post()).json()) as { attachments: unknown[] };
  expect(answer.attachments).toMatchObject([
    { network: "dbnet", containerId: "blue", ifName: "eth0", outcome: "restored" },
  ]);
  expect(own()).toEqual(whole);
  expect(await daemon.logged("restored")).toMatchObject({ trigger: "request" });
});

test("the variable of the unit switches it on, and looks at intervals find what no event tells", async () => {
  const env = { ...ENV, HAWSER_SYNC: "1" };
  await using daemon = await TestDaemon.start(["--sync-interval", "200ms"], env);
  await attached("blue");
  await must(["ip", "-n", "blue", "route", "delete", "198.51.100.0/24"]);
  expect(await daemon.logged("restored")).toMatchObject({ trigger: "interval" });
  expect(await must(["ip", "-n", "blue", "route", "show"])).toContain("198.51.100.0/24");
});

test("what fails again and again is told once", async () => {
  await using daemon = await TestDaemon.start(["--sync", "--sync-interval", "100ms"], ENV);
  await attached("blue");
  const [link] = JSON.parse(await must(["ip", "-j", "link", "show", "master", "br0"])) as {
    ifname: string;
  }[];
  await must(["ip", "link", "delete", link?.ifname ?? ""]);
  expect(await daemon.logged("not restored")).toMatchObject({
    container: "blue",
    pieces: expect.arrayContaining([
      expect.objectContaining({ plugin: "bridge", piece: "veth pair" }),
    ]) as unknown,
  });
  await Bun.sleep(1_000);
  expect(lines(daemon, "not restored")).toHaveLength(1);
});

test("calls of the runtime go on while the ruleset is flushed all the time, and nothing is left", async () => {
  await using _daemon = await TestDaemon.start(["--sync", "--sync-interval", "100ms"], ENV);
  let isOver = false;
  const flushing = (async () => {
    while (!isOver) {
      run(["nft", "flush", "ruleset"]);
      await Bun.sleep(30);
    }
  })();
  const storm = async (name: string, port: number): Promise<void> => {
    const made = await lab.container(name);
    for (let round = 0; round < 4; round++) {
      await runtime.add(list, lab.conf(made, port));
      await Bun.sleep(20 * round);
      await runtime.del(list, lab.conf(made, port));
    }
  };
  await Promise.all([storm("a", 8081), storm("b", 8082), storm("c", 8083)]);
  isOver = true;
  await flushing;
  await post();
  expect(own()).toEqual([]);
  rmSync("/run/hawser/netns", { recursive: true, force: true });
});

test("with the full executables beside it, too, nothing of a detached container comes back", async () => {
  await using _daemon = await TestDaemon.start(["--sync", "--sync-interval", "50ms"], ENV);
  const alone = new Runtime({ pluginDirs: [FULL] });
  const blue = await lab.container("blue");
  for (let round = 0; round < 3; round++) {
    await alone.add(list, lab.conf(blue));
    run(["nft", "flush", "ruleset"]);
    await alone.del(list, lab.conf(blue));
  }
  await Bun.sleep(300);
  expect(own()).toEqual([]);
});
