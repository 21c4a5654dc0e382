import { describe, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { encodeFrame, HEADER_LENGTH, Kind, REQUEST_MAX } from "../../src/daemon/accept/index.ts";
import { callEnvironment, type Operation, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, SOCKET, TestDaemon } from "../support/daemon.ts";
import { must, type RunAnswer } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { daemonScene } from "./scene.ts";

/** The daemon in front of many that are no entry programs, and while it is stopped. */

const test = skipBecause(entriesMissing());
const CONFIG = {
  ...{ cniVersion: "1.1.0", name: "dbnet", type: "bridge", bridge: "cni0" },
  ipam: { type: "host-local", subnet: "10.1.0.0/24" },
};
const STATUS = "/run/hawser/status.sock";
/** What requests that are coming may take together, and what their pieces take besides. */
const BOUND_MIB = 64 + 64;

const scene = daemonScene();

async function call(operation: Operation, env: Record<string, string> = {}): Promise<RunAnswer> {
  const attachment = { containerId: "c1", netns: scene.blue.netns, ifName: "eth0" };
  const all = { ...callEnvironment(operation, ENTRIES, attachment), ...env };
  return await runPlugin(ENTRIES, "bridge", CONFIG, all);
}

function residentMib(pid: number): number {
  const [, kilobytes = "0"] =
    /VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

/** Connects, sends as the daemon takes it, and stays; undefined where there is no room. */
async function send(bytes: Uint8Array): Promise<Bun.Socket | undefined> {
  let rest = bytes;
  const flush = (socket: Bun.Socket): void => {
    rest = rest.subarray(Math.max(0, socket.write(rest)));
  };
  try {
    const socket = { open: flush, drain: flush, data: () => undefined };
    return await Bun.connect({ unix: SOCKET, socket });
  } catch {
    return undefined;
  }
}

async function expectServed(daemon: TestDaemon): Promise<void> {
  const before = daemon.calls.length;
  await until(
    "the daemon does not serve",
    async () => {
      expect((await call("STATUS")).exitCode).toBe(0);
      return daemon.calls.length > before;
    },
    10_000,
  );
}

describe("many at once", () => {
  test("that send half a large request take no more memory than is set aside for them", async () => {
    await using daemon = await TestDaemon.start();
    const before = residentMib(daemon.pid);
    const request = encodeFrame(1, Kind.REQUEST, new Uint8Array(REQUEST_MAX - HEADER_LENGTH));
    const sockets: (Bun.Socket | undefined)[] = [];
    let most = 0;
    for (let count = 0; count < 500; count++) {
      sockets.push(await send(request.subarray(0, REQUEST_MAX / 2)));
      most = Math.max(most, residentMib(daemon.pid));
    }
    // Helped by the full executable where there is no room.
    expect((await call("ADD")).exitCode).toBe(0);
    most = Math.max(most, residentMib(daemon.pid));
    expect(most - before).toBeLessThan(BOUND_MIB);
    await expectServed(daemon);
    expect((await call("DEL")).exitCode).toBe(0);
    for (const socket of sockets) socket?.terminate();
    expect(await daemon.end()).toBe(0);
  }, 60_000);

  test("that send garbage are sent away", async () => {
    await using daemon = await TestDaemon.start();
    const before = residentMib(daemon.pid);
    for (let round = 0; round < 2000; round++) {
      const socket = await send(crypto.getRandomValues(new Uint8Array(1024)));
      if (round % 2 === 0) socket?.terminate();
    }
    await expectServed(daemon);
    expect(residentMib(daemon.pid) - before).toBeLessThan(60);
    const metrics = await (await fetch("http://daemon/metrics", { unix: STATUS })).text();
    const [, dropped] = /^hawser_connections_dropped_total (\d+)$/mu.exec(metrics) ?? [];
    expect(Number(dropped)).toBeGreaterThan(1000);
    expect(await daemon.end()).toBe(0);
  }, 60_000);
});

describe("a daemon that is stopped", () => {
  test("is not waited for, and does nothing later of what others have done", async () => {
    await using daemon = await TestDaemon.start();
    expect((await call("STATUS")).exitCode).toBe(0);
    await stop(daemon);
    const answer = await call("ADD");
    expect([answer.exitCode, answer.stderr]).toEqual([0, ""]);
    daemon.process.kill("SIGCONT");
    await expectServed(daemon);
    expect(daemon.calls).not.toContain("bridge ADD");
    const links = await must(["ip", "-o", "link", "show", "type", "veth"]);
    expect(links.trim().split("\n")).toHaveLength(1);
    expect(reserved()).toEqual(["10.1.0.2"]);
    expect((await call("DEL")).exitCode).toBe(0);
    expect(reserved()).toEqual([]);
  });

  test("for a while makes none of many calls fail", async () => {
    await using daemon = await TestDaemon.start();
    const answers: Promise<RunAnswer>[] = [];
    for (let round = 0; round < 12; round++) {
      if (round === 4) {
        // What has begun would wait for the daemon, as it must.
        await Promise.all(answers);
        await stop(daemon);
      }
      answers.push(call("STATUS"));
      await Bun.sleep(20);
    }
    await Bun.sleep(500);
    // Those that it had begun have waited for it, the others have not.
    daemon.process.kill("SIGCONT");
    for (const answer of await Promise.all(answers)) expect(answer.exitCode).toBe(0);
    await expectServed(daemon);
  });
});

/** Stops all of its threads; one that has not taken the signal yet would still begin a call. */
async function stop({ process, pid }: TestDaemon): Promise<void> {
  process.kill("SIGSTOP");
  const tasks = `/proc/${pid}/task`;
  const isStopped = (task: string): boolean =>
    readFileSync(`${tasks}/${task}/stat`, "utf8").includes(") T ");
  await until("the daemon does not stop", () => readdirSync(tasks).every(isStopped), 5000);
}

function reserved(): string[] {
  return readdirSync("/var/lib/cni/networks/dbnet").filter((name) => name.startsWith("10."));
}
