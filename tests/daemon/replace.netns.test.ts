import { afterEach, expect } from "bun:test";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runPlugin } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, SOCKET, TestDaemon } from "../support/daemon.ts";
import { type RunAnswer, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { daemonScene } from "./scene.ts";

/** Which process is the daemon, when one follows the other, and what of it is always there. */

const test = skipBecause(entriesMissing());
const STATUS = "/run/hawser/status.sock";
const LOCK = "/run/hawser/daemon.lock";
const SLOW = "/run/plugins";
const METRICS = "127.0.0.1:9911";

const scene = daemonScene();
afterEach(() => {
  rmSync(SLOW, { recursive: true, force: true });
});

/** An ADD that takes so many seconds, once it has begun. */
async function slowAdd(seconds: number): Promise<{ readonly answer: Promise<RunAnswer> }> {
  mkdirSync(SLOW, { recursive: true });
  const path = join(SLOW, "slow");
  const text = `#!/bin/sh
answer=$(${ENTRIES}/host-local) || { echo "$answer"; exit 1; }
touch ${SLOW}/begun; [ "$CNI_COMMAND" = ADD ] && sleep ${seconds}
echo "$answer"
`;
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  const config = {
    ...{ cniVersion: "1.1.0", name: "dbnet", type: "bridge", bridge: "cni0" },
    ipam: { type: "slow", subnet: "10.1.0.0/24" },
  };
  const answer = runPlugin(ENTRIES, "bridge", config, {
    ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c1", CNI_NETNS: scene.blue.netns },
    ...{ CNI_IFNAME: "eth0", CNI_PATH: `${ENTRIES}:${SLOW}`, PATH: process.env["PATH"] ?? "" },
  });
  await until("the slow plugin has begun", () => existsSync(`${SLOW}/begun`));
  return { answer };
}

/** The process that answers as the daemon; undefined when none does. */
async function answering(): Promise<number | undefined> {
  const { exitCode, stdout } = await run([EXECUTABLE, "daemon", "--status"]);
  return exitCode === 0 ? (JSON.parse(stdout) as { pid: number }).pid : undefined;
}

async function metricsAnswer(): Promise<boolean> {
  try {
    return (await fetch(`http://${METRICS}/healthz`)).ok;
  } catch {
    return false;
  }
}

async function expectNoDaemon(): Promise<void> {
  // A daemon that noticed the loss of its socket would have made it again by then.
  await Bun.sleep(300);
  expect(await answering()).toBeUndefined();
  expect([existsSync(SOCKET), existsSync(STATUS)]).toEqual([false, false]);
}

test("case S7: of two that take the daemon's place in a row the last one stays, alone", async () => {
  await using first = await TestDaemon.start();
  const adding = await slowAdd(1.5);
  await using second = await TestDaemon.start(["--replace"]);
  await second.logged("replacing");
  await using third = await TestDaemon.start(["--replace"]);
  expect(await second.process.exited).toBe(0);
  // The first one was asked twice, and finishes its call all the same.
  expect(await first.process.exited).toBe(0);
  const { exitCode, stderr } = await adding.answer;
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(await first.served(2)).toEqual(["host-local ADD", "bridge ADD"]);
  expect(await answering()).toBe(third.pid);
  expect(await third.end()).toBe(0);
  await expectNoDaemon();
});

test("case S7, kind: a number in the lock file is no process that may be ended", async () => {
  await using first = await TestDaemon.start();
  await using stranger = Bun.spawn(["sleep", "60"]);
  writeFileSync(LOCK, `${stranger.pid}\n`);
  await using second = await TestDaemon.start(["--replace"]);
  expect(await first.process.exited).toBe(0);
  expect(stranger.exitCode).toBeNull();
  expect(await answering()).toBe(second.pid);
  expect(await second.end()).toBe(0);
});

test("case S7, kind: a lock file that is removed or replaced makes no second daemon", async () => {
  await using first = await TestDaemon.start();
  rmSync(LOCK);
  await first.logged("lock lost");
  await first.logged("listening", 2);
  rmSync(LOCK);
  writeFileSync(LOCK, "");
  await first.logged("listening", 3);
  const other = await run([EXECUTABLE, "daemon"]);
  expect(other.exitCode).toBe(1);
  expect(other.stderr).toContain(`another daemon runs, process ${first.pid}`);
  expect(await answering()).toBe(first.pid);
  expect(await first.end()).toBe(0);
  await expectNoDaemon();
});

test("case S7, kind: ten that start at once leave one daemon", async () => {
  await using first = await TestDaemon.start();
  const command = [EXECUTABLE, "daemon", "--replace"];
  const ten = Array.from({ length: 10 }, () =>
    Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" }),
  );
  const alive = (): number[] => ten.flatMap((each) => (each.exitCode === null ? [each.pid] : []));
  try {
    expect(await first.process.exited).toBe(0);
    await until(
      "one daemon is left, and answers",
      async () => alive().length === 1 && (await answering()) === alive()[0],
    );
    for (const each of ten) if (each.exitCode !== null) expect(each.exitCode).toBe(0);
  } finally {
    for (const each of ten) each.kill();
    await Promise.all(ten.map(({ exited }) => exited));
  }
  await expectNoDaemon();
});

test("case D1: a daemon that takes another's place is the one that tells its status", async () => {
  await using first = await TestDaemon.start();
  await using second = await TestDaemon.start(["--replace"]);
  expect(await answering()).toBe(second.pid);
  expect(await first.process.exited).toBe(0);
  expect(await answering()).toBe(second.pid);
  await using third = await TestDaemon.start(["--replace"]);
  expect(await second.process.exited).toBe(0);
  expect(await answering()).toBe(third.pid);
  expect(await third.end()).toBe(0);
  await expectNoDaemon();
});

test("case D1, kind: metrics at the same address go on", async () => {
  await using first = await TestDaemon.start(["--metrics", METRICS]);
  await using second = await TestDaemon.start(["--replace", "--metrics", METRICS]);
  expect(await first.process.exited).toBe(0);
  await until("the metrics answer", metricsAnswer);
  expect(await answering()).toBe(second.pid);
  expect(await second.end()).toBe(0);
});

test("case D1, kind: an address that another program has is no reason to leave the node alone", async () => {
  await using first = await TestDaemon.start();
  const stranger = Bun.listen({
    ...{ hostname: "127.0.0.1", port: 9911 },
    socket: { data: () => undefined },
  });
  const alone = await run([EXECUTABLE, "daemon", "--replace", "--metrics", "nonsense"]);
  expect([alone.exitCode, await answering()]).toEqual([1, first.pid]);
  await using second = await TestDaemon.start(["--replace", "--metrics", METRICS]);
  expect(await second.logged("no metrics")).toMatchObject({ level: "warn" });
  expect(await answering()).toBe(second.pid);
  stranger.stop(true);
  await until("the metrics answer", metricsAnswer);
  expect(await second.end()).toBe(0);
});

test("case C2: a status socket that is removed is made again", async () => {
  await using daemon = await TestDaemon.start();
  for (const _ of [1, 2]) {
    rmSync(STATUS);
    await until("the daemon answers", async () => (await answering()) === daemon.pid);
  }
  expect(daemon.log.filter(({ event }) => event === "listening")).toHaveLength(1);
  expect(await daemon.end()).toBe(0);
  expect(existsSync(STATUS)).toBe(false);
});

test("case C2, kind: a file in the place of the status socket gives way", async () => {
  await using daemon = await TestDaemon.start();
  rmSync(STATUS);
  writeFileSync(STATUS, "no socket");
  await until("the daemon answers", async () => (await answering()) === daemon.pid);
});

test("case C2, kind: a directory in its place stays, and the socket comes back after it", async () => {
  await using daemon = await TestDaemon.start();
  rmSync(STATUS);
  mkdirSync(`${STATUS}/x`, { recursive: true });
  expect(await daemon.logged("no status")).toMatchObject({ level: "warn" });
  const config = { cniVersion: "1.1.0", name: "net", type: "loopback" };
  const call = { CNI_COMMAND: "STATUS", CNI_PATH: ENTRIES };
  expect((await runPlugin(ENTRIES, "loopback", config, call)).exitCode).toBe(0);
  expect(await daemon.served(1)).toEqual(["loopback STATUS"]);
  rmSync(STATUS, { recursive: true });
  await until("the daemon answers", async () => (await answering()) === daemon.pid);
}, 20_000);
