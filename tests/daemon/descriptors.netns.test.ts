import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { callEnvironment, type Operation, type PluginObject, runPlugin } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { must, type RunAnswer } from "../support/exec.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { daemonScene } from "./scene.ts";

/** A daemon that may have few descriptors: what it cannot do the full executable does. */

const isMissing = entriesMissing();
const test = isMissing === undefined ? needs("prlimit") : skipBecause(isMissing);
const BRIDGE = {
  ...{ cniVersion: "1.1.0", name: "dbnet", type: "bridge", bridge: "cni0" },
  ...{ isGateway: true, ipMasq: true, ipam: { type: "host-local", subnet: "10.1.0.0/24" } },
};
const MACVLAN = { ...BRIDGE, type: "macvlan", master: "uplink0" };
/** With so many a call comes to its end, so that every one below was tried. */
const ENOUGH = 24;

const scene = daemonScene();

async function call(
  operation: Operation,
  config: PluginObject,
  { containerId = "c1", netns = scene.blue.netns } = {},
): Promise<RunAnswer> {
  const env = callEnvironment(operation, ENTRIES, { containerId, netns, ifName: "eth0" });
  return await runPlugin(ENTRIES, String(config["type"]), config, env);
}

async function expectDone(operation: Operation, config: PluginObject): Promise<void> {
  const answer = await call(operation, config);
  expect([answer.exitCode, answer.exitCode === 0 ? "" : answer.stdout]).toEqual([0, ""]);
}

async function links(): Promise<string> {
  return await must(["ip", "-n", "blue", "-br", "link"]);
}

/** Lets a daemon have only so many more descriptors than it has now; all it likes when absent. */
async function leave({ pid }: TestDaemon, free?: number): Promise<void> {
  let limit = 4096;
  if (free !== undefined) {
    const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
    let left = free;
    for (limit = 0; left > 0 || taken.has(limit); limit++) if (!taken.has(limit)) left--;
  }
  await must(["prlimit", "--pid", String(pid), `--nofile=${limit}:`]);
}

function reserved(): string[] {
  return readdirSync("/var/lib/cni/networks/dbnet").filter((name) => name.startsWith("10."));
}

test("case S15: a DEL whose namespace is lost on the way removes what is in there", async () => {
  await must(["ip", "link", "add", "uplink0", "type", "veth", "peer", "name", "uplink1"]);
  await using daemon = await TestDaemon.start(["--no-reconcile"]);
  await expectDone("ADD", MACVLAN);
  expect(await links()).toContain("eth0");
  // One for the connection and one for the turn: the kernel drops the third.
  await leave(daemon, 2);
  await expectDone("DEL", MACVLAN);
  expect(await links()).not.toContain("eth0");
  expect(reserved()).toEqual([]);
  await must(["ip", "link", "del", "uplink0"]);
});

test("case S15, kind: wherever a call runs out of descriptors, it is taken back and done anew", async () => {
  await using daemon = await TestDaemon.start(["--no-reconcile"]);
  for (let free = 0; free <= ENOUGH; free++) {
    for (const operation of ["ADD", "DEL"] as const) {
      await leave(daemon, free);
      await expectDone(operation, BRIDGE);
      expect((await links()).includes("eth0")).toBe(operation === "ADD");
      expect(reserved()).toHaveLength(operation === "ADD" ? 1 : 0);
      await leave(daemon);
    }
  }
  expect(daemon.calls.length).toBeGreaterThan(0);
  expect(daemon.log.filter(({ event }) => event === "left").length).toBeGreaterThan(0);
  expect(readdirSync("/run/hawser/attachments")).toEqual([]);
}, 60_000);

test("case S15, kind: a daemon that may have 64 descriptors fails none of many calls", async () => {
  const command = ["prlimit", "--nofile=64", EXECUTABLE];
  await using daemon = await TestDaemon.start(["--no-reconcile"], {}, command);
  const names = Array.from({ length: 20 }, (_, nth) => `many${nth}`);
  const containers = await Promise.all(names.map((name) => scene.host.container(name)));
  for (const operation of ["ADD", "DEL"] as const) {
    const answers = await Promise.all(
      containers.map(({ netns }, nth) =>
        call(operation, BRIDGE, { netns, containerId: `many${nth}` }),
      ),
    );
    expect(answers.map(({ exitCode }) => exitCode)).toEqual(names.map(() => 0));
  }
  expect(reserved()).toEqual([]);
  for (const container of containers) await scene.host.remove(container);
  expect(await daemon.end()).toBe(0);
}, 60_000);
