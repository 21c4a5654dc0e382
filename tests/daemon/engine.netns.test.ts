import { afterAll, beforeAll, expect } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { callEnvironment, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { unitEnvironment } from "../support/unit.ts";
import { until } from "../support/until.ts";

/** The daemon with the settings of the engine that its unit has, and what comes of them. */

const test = skipBecause(entriesMissing());
const SPIES = "/run/spies";
/** Until what was begun at the start should be over, and how long is watched then. */
const [SETTLED_MS, WATCHED_MS] = [3500, 3000];

let host: Host;
let blue: Container;

beforeAll(async () => {
  host = await Host.create();
  blue = await host.container("blue");
});
afterAll(async () => {
  rmSync(SPIES, { recursive: true, force: true });
  await host.remove(blue);
  await host.tidy();
});

function field(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "mu").exec(status)?.[1]);
}

test("a daemon that nobody calls sleeps, and is small", async () => {
  await using daemon = await TestDaemon.start([], unitEnvironment());
  expect(await daemon.logged("listening")).toMatchObject({ pid: daemon.pid });
  await Bun.sleep(SETTLED_MS);
  // What was begun at the start takes longer on a machine with other work: a daemon that polls has no such time.
  await until(`${WATCHED_MS} ms in which it wakes less than three times`, async () => {
    const before = field(daemon.pid, "voluntary_ctxt_switches");
    await Bun.sleep(WATCHED_MS);
    return field(daemon.pid, "voluntary_ctxt_switches") - before < 3;
  });
  // The rest of what is resident are pages of the program's file, which the kernel may drop.
  const own = field(daemon.pid, "RssAnon") + field(daemon.pid, "RssShmem");
  expect(own / 1024).toBeLessThan(40);
  expect(field(daemon.pid, "VmRSS") / 1024).toBeLessThan(150);
});

test("a daemon that is started by hand serves calls without these settings", async () => {
  await using daemon = await TestDaemon.start();
  const environ = readFileSync(`/proc/${daemon.pid}/environ`, "utf8");
  for (const name of Object.keys(unitEnvironment())) expect(environ).not.toContain(name);
  const attachment = { containerId: "c0", netns: blue.netns, ifName: "eth0" };
  const config = { cniVersion: "1.1.0", name: "lo", type: "loopback" };
  const env = callEnvironment("ADD", ENTRIES, attachment);
  expect((await runPlugin(ENTRIES, "loopback", config, env)).exitCode).toBe(0);
  expect(await daemon.served(1)).toEqual(["loopback ADD"]);
});

test("a program that the daemon starts has the caller's environment, and nothing of the daemon's", async () => {
  await using daemon = await TestDaemon.start([], unitEnvironment());
  mkdirSync(SPIES);
  writeFileSync(`${SPIES}/spy`, `#!/bin/sh\nenv > ${SPIES}/env\nexit 1\n`);
  chmodSync(`${SPIES}/spy`, 0o755);
  const attachment = { containerId: "c1", netns: blue.netns, ifName: "eth0" };
  const config = { cniVersion: "1.1.0", name: "dbnet", type: "bridge", ipam: { type: "spy" } };
  const env = callEnvironment("ADD", `${ENTRIES}:${SPIES}`, attachment);
  expect((await runPlugin(ENTRIES, "bridge", config, env)).exitCode).toBe(1);
  expect(await daemon.served(1)).toEqual(["bridge ADD"]);
  const environ = readFileSync(`/proc/${daemon.pid}/environ`, "utf8");
  expect(environ).toContain("BUN_GC_TIMER_DISABLE=1");
  expect(readFileSync(`${SPIES}/env`, "utf8")).toContain("CNI_CONTAINERID=c1");
  expect(readFileSync(`${SPIES}/env`, "utf8")).not.toContain("BUN_");
});
