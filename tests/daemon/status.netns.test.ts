import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { runPlugin } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, SOCKET, TestDaemon } from "../support/daemon.ts";
import { must, run } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { startable } from "../support/programs.ts";

/** How the daemon tells of itself, how it is started, and what it takes. */

const test = skipBecause(entriesMissing());
const STATUS = "/run/hawser/status.sock";
const CONFIG = { cniVersion: "1.1.0", name: "net", type: "loopback" };
const CALL = { CNI_COMMAND: "STATUS", CNI_PATH: ENTRIES };
/** Of an idle daemon, in MiB. */
const MEMORY_GOAL = 80;
const TICKS_PER_SECOND = 100;

let host: Host;

beforeAll(async () => {
  host = await Host.create();
});
afterEach(async () => {
  await host.tidy();
});
afterAll(async () => {
  await host.tidy();
});

async function ask(
  path: string,
  place: { unix: string } | { at: string },
): Promise<[number, string]> {
  const response =
    "unix" in place
      ? await fetch(`http://daemon${path}`, { unix: place.unix })
      : await fetch(`http://${place.at}${path}`);
  return [response.status, await response.text()];
}

/** Processor time that a process has taken, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /u, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

test("health, readiness and metrics are told at the Unix socket and where one wishes", async () => {
  await using daemon = await TestDaemon.start(["--metrics", "127.0.0.1:9911"]);
  await runPlugin(ENTRIES, "loopback", CONFIG, CALL);
  await runPlugin(ENTRIES, "loopback", CONFIG, { ...CALL, CNI_COMMAND: "DEL" });
  for (const place of [{ unix: STATUS }, { at: "127.0.0.1:9911" }]) {
    expect(await ask("/healthz", place)).toEqual([200, "ok\n"]);
    expect(await ask("/readyz", place)).toEqual([200, "ready\n"]);
    expect((await ask("/nothing", place))[0]).toBe(404);
    const [code, text] = await ask("/metrics", place);
    expect(code).toBe(200);
    for (const line of [
      'hawser_calls_total{plugin="loopback",operation="STATUS",code="0"} 1',
      'hawser_calls_total{plugin="loopback",operation="DEL",code="4"} 1',
      'hawser_call_seconds_count{plugin="loopback",operation="STATUS"} 1',
      'hawser_call_seconds_bucket{plugin="loopback",operation="STATUS",le="+Inf"} 1',
      "hawser_ready 1",
      "hawser_places_taken 0",
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    for (const line of text.trim().split("\n")) {
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{[^{}]*\})? [\d.e+-]+)$/u);
    }
  }
  const told = await must([EXECUTABLE, "daemon", "--status"]);
  expect(JSON.parse(told)).toMatchObject({ ready: true, pid: daemon.pid });
  expect(daemon.log.filter(({ event }) => event === "call")).toMatchObject([
    { operation: "STATUS", plugin: "loopback", network: "net" },
    { operation: "DEL", plugin: "loopback", code: 4 },
  ]);
  expect(await daemon.end()).toBe(0);
  expect(existsSync(STATUS)).toBe(false);
  const silence = await run([EXECUTABLE, "daemon", "--status"]);
  expect([silence.exitCode, silence.stdout]).toEqual([1, ""]);
});

test("the sockets are for root alone", async () => {
  await using _daemon = await TestDaemon.start();
  for (const path of [SOCKET, STATUS]) expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a second daemon does not start, and the first one goes on", async () => {
  await using daemon = await TestDaemon.start();
  const second = await run([EXECUTABLE, "daemon"]);
  expect(second.exitCode).toBe(1);
  expect(second.stderr).toContain(`another daemon runs, process ${daemon.pid}`);
  expect((await runPlugin(ENTRIES, "loopback", CONFIG, CALL)).exitCode).toBe(0);
  expect(await daemon.served(1)).toEqual(["loopback STATUS"]);
});

test("idle it takes little memory and no processor time", async () => {
  await using daemon = await TestDaemon.start();
  await runPlugin(ENTRIES, "loopback", CONFIG, CALL);
  await Bun.sleep(3000);
  const before = cpuSeconds(daemon.pid);
  await Bun.sleep(3000);
  expect(cpuSeconds(daemon.pid) - before).toBeLessThan(0.03);
  const { residentBytes } = JSON.parse((await ask("/status", { unix: STATUS }))[1]) as {
    residentBytes: number;
  };
  expect(residentBytes / 1024 / 1024).toBeLessThan(MEMORY_GOAL);
}, 20_000);

needs("systemd-socket-activate")(
  "a socket that systemd holds is served by one daemon after the other, and no call fails",
  async () => {
    if (entriesMissing() !== undefined) return;
    const activator = ["systemd-socket-activate", "-l", SOCKET, "--fdname=hawser"];
    await must(["mkdir", "-p", "/run/hawser"]);
    const holder = Bun.spawn(startable([...activator, EXECUTABLE, "daemon"]), {
      ...{ stdin: "ignore", stdout: "ignore", stderr: "pipe" },
    });
    for (let tries = 0; !existsSync(SOCKET) && tries < 200; tries++) await Bun.sleep(20);
    const answer = await runPlugin(ENTRIES, "loopback", CONFIG, CALL);
    expect([answer.exitCode, answer.stdout]).toEqual([0, ""]);
    for (let tries = 0; !existsSync(STATUS) && tries < 200; tries++) await Bun.sleep(20);
    const again = await runPlugin(ENTRIES, "loopback", CONFIG, CALL);
    expect([again.exitCode, again.stdout]).toEqual([0, ""]);
    holder.kill("SIGTERM");
    expect(await holder.exited).toBe(0);
    expect(await holder.stderr.text()).toContain('"operation":"STATUS"');
    expect(existsSync(SOCKET)).toBe(true);
  },
  20_000,
);
