import { afterEach, describe, expect } from "bun:test";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callEnvironment, type PluginObject, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { must, type RunAnswer } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";

/** Networks, containers and delegates that hang: none of them holds up another. */

const test = skipBecause(entriesMissing());
const PLUGINS = "/run/plugins";
const STATUS = "/run/hawser/status.sock";
/** More than a network may have running at a time. */
const MANY = 90;
const SOON_MS = 8000;
const HANGS = '#!/bin/sh\ntest "$CNI_COMMAND" != ADD || exec sleep 1000\n';

const callers: Bun.Subprocess[] = [];
let host: Host | undefined;
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.kill("SIGKILL");
  await host?.tidy();
  rmSync(PLUGINS, { recursive: true, force: true });
});

function network(name: string, subnet: number, type = "host-local"): PluginObject {
  return {
    ...{ cniVersion: "1.1.0", name, type: "bridge", bridge: `br-${name}` },
    ipam: { type, subnet: `10.${subnet}.0.0/24` },
  };
}

function environment(operation: "ADD" | "DEL", id: string, netns: string): Record<string, string> {
  const attachment = { containerId: id, netns, ifName: "eth0" };
  return { ...callEnvironment(operation, ENTRIES, attachment), CNI_PATH: `${ENTRIES}:${PLUGINS}` };
}

/** Starts a call and does not wait for it. */
function start(config: PluginObject, operation: "ADD" | "DEL", id: string, netns = ""): void {
  callers.push(
    Bun.spawn([join(ENTRIES, "bridge")], {
      env: environment(operation, id, netns),
      stdin: new TextEncoder().encode(JSON.stringify(config)),
      stdout: "ignore",
      stderr: "ignore",
    }),
  );
}

async function call(
  config: PluginObject,
  operation: "ADD" | "DEL",
  id: string,
  { netns }: Container,
): Promise<RunAnswer> {
  return await runPlugin(ENTRIES, "bridge", config, environment(operation, id, netns));
}

/** Holds the lock of a network's reservations. */
async function holdLock(name: string): Promise<void> {
  const directory = `/var/lib/cni/networks/${name}`;
  mkdirSync(directory, { recursive: true });
  const script = "flock -x 9; echo held; exec sleep 1000";
  const holder = Bun.spawn(["bash", "-c", `exec 9>${directory}/lock; ${script}`], {
    stdout: "pipe",
  });
  callers.push(holder);
  await holder.stdout.getReader().read();
}

async function gauge(name: string): Promise<number> {
  const metrics = await (await fetch("http://daemon/metrics", { unix: STATUS })).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "mu").exec(metrics)?.[1]);
}

async function expectRunning(count: number): Promise<void> {
  await until(
    () => `not ${count} calls run`,
    async () => (await gauge("hawser_calls_running")) === count,
    15_000,
  );
}

/** A container of another network is attached and detached by the daemon, and soon. */
async function expectHealthy(daemon: TestDaemon, container: Container): Promise<void> {
  const before = daemon.calls.length;
  for (const operation of ["ADD", "DEL"] as const) {
    const answer = await call(network("healthy", 9), operation, "healthy", container);
    expect([answer.exitCode, answer.stderr]).toEqual([0, ""]);
    expect(answer.ms).toBeLessThan(patient(SOON_MS));
  }
  expect((await daemon.served(before + 2)).slice(before)).toEqual(["bridge ADD", "bridge DEL"]);
}

describe("case S5:", () => {
  test("case S5: a lock that is held for ever holds up its own network alone", async () => {
    host = await Host.create();
    const blue = await host.container("blue");
    await using daemon = await TestDaemon.start(["--no-reconcile"]);
    await holdLock("stuck");
    for (let nth = 0; nth < MANY; nth++) start(network("stuck", 1), "DEL", `stuck${nth}`);
    await expectRunning(64);
    // The others are left to processes of their own, which hold no place here.
    await until(
      "calls wait in vain",
      async () => (await gauge("hawser_calls_waiting")) === 0,
      15_000,
    );
    await expectHealthy(daemon, blue);
    await host.remove(blue);
  }, 60_000);

  test("case S5, kind: DELs of callers that have gone give their places back", async () => {
    host = await Host.create();
    await using _daemon = await TestDaemon.start(["--no-reconcile"]);
    await holdLock("stuck");
    const [holder] = callers.splice(0);
    for (let nth = 0; nth < 10; nth++) start(network("stuck", 1), "DEL", `stuck${nth}`);
    // Waits for an earlier call of its container, and has not begun.
    for (let nth = 0; nth < 5; nth++) start(network("other", 2), "DEL", "stuck0");
    await expectRunning(10);
    for (const caller of callers.splice(0)) caller.kill("SIGKILL");
    await expectRunning(0);
    expect(await gauge("hawser_places_taken")).toBe(0);
    if (holder !== undefined) callers.push(holder);
  }, 60_000);

  test("case S5, kind: a delegate that never ends holds up those that delegate to it", async () => {
    host = await Host.create();
    const blue = await host.container("blue");
    mkdirSync(PLUGINS, { recursive: true });
    writeFileSync(join(PLUGINS, "hangs"), HANGS);
    chmodSync(join(PLUGINS, "hangs"), 0o755);
    await using daemon = await TestDaemon.start(["--no-reconcile"]);
    const others: Container[] = [];
    for (const name of ["a", "b", "c"]) others.push(await host.container(name));
    for (const [nth, { netns }] of others.entries()) {
      start(network(`net${nth}`, nth + 1, "hangs"), "ADD", `id${nth}`, netns);
    }
    await expectRunning(3);
    // A second call of a container waits for the first, and for nothing else.
    start(network("net0", 1, "hangs"), "DEL", "id0", others[0]?.netns);
    await expectHealthy(daemon, blue);
    for (const caller of callers.splice(0)) caller.kill("SIGKILL");
    await expectRunning(0);
    expect(await must(["ip", "-o", "link", "show", "type", "veth"])).toBe("");
    for (const other of [...others, blue]) await host.remove(other);
  }, 60_000);
});

test("case S5, kind: attachments of other networks are removed while one network hangs", async () => {
  host = await Host.create();
  const flags = ["--reconcile-interval", "200ms", "--reconcile-grace", "300ms"];
  await using daemon = await TestDaemon.start(flags);
  for (const name of ["stuck", "other"]) {
    for (let nth = 0; nth < 3; nth++) {
      const container = await host.container(`${name}${nth}`);
      const subnet = name === "stuck" ? 1 : 2;
      const answer = await call(network(name, subnet), "ADD", `${name}${nth}`, container);
      expect(answer.exitCode).toBe(0);
      if (name === "stuck" && nth === 2) await holdLock(name);
    }
  }
  for (let nth = 0; nth < 3; nth++) {
    for (const name of ["stuck", "other"]) await must(["ip", "netns", "del", `${name}${nth}`]);
  }
  await daemon.logged("reconciled", 3);
  const lines = daemon.log.filter(({ event }) => event === "reconciled");
  expect(lines.map((line) => line["network"])).toEqual(["other", "other", "other"]);
  for (const caller of callers.splice(0)) caller.kill("SIGKILL");
  await daemon.logged("reconciled", 6);
}, 60_000);

test("a delegate's messages are passed on, up to a bound", async () => {
  host = await Host.create();
  const blue = await host.container("blue");
  mkdirSync(PLUGINS, { recursive: true });
  const flood = "yes 1234567890 | head -c 30000000 >&2";
  const answer = '{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.9/24"}]}';
  writeFileSync(join(PLUGINS, "floods"), `#!/bin/sh\n${flood}\necho '${answer}'\n`);
  chmodSync(join(PLUGINS, "floods"), 0o755);
  await using daemon = await TestDaemon.start(["--no-reconcile"]);
  const added = await call(network("loud", 1, "floods"), "ADD", "loud", blue);
  expect(added.exitCode).toBe(0);
  expect(await daemon.served(1)).toEqual(["bridge ADD"]);
  expect(added.stderr.length).toBeLessThan(1.1 * 1024 * 1024);
  expect(added.stderr).toEndWith("the rest is left out)\n");
  await host.remove(blue);
}, 60_000);
