import { afterEach, describe, expect } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { encodeFrame, Kind } from "../../src/daemon/accept/index.ts";
import { type ChainResult, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, SOCKET, TestDaemon } from "../support/daemon.ts";
import { must, type RunAnswer } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { daemonScene } from "./scene.ts";

/** The daemon in front of callers that are not as they should be, and its own ends. */

const test = skipBecause(entriesMissing());
const NETWORK = { cniVersion: "1.1.0", name: "dbnet" };
const CONFIG = {
  ...{ ...NETWORK, type: "bridge", bridge: "cni0", isGateway: true, ipMasq: true },
  ipam: { type: "host-local", subnet: "10.1.0.0/24" },
};
const SLOW = "/run/plugins";

const scene = daemonScene();
afterEach(() => {
  rmSync(SLOW, { recursive: true, force: true });
});

interface Call {
  readonly operation: string;
  readonly id?: string;
  readonly netns?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

async function call({ operation, id = "c1", netns, config = CONFIG }: Call): Promise<RunAnswer> {
  return await runPlugin(ENTRIES, "bridge", config, {
    ...{ CNI_COMMAND: operation, CNI_CONTAINERID: id, CNI_NETNS: netns ?? scene.blue.netns },
    ...{ CNI_IFNAME: "eth0", CNI_PATH: `${ENTRIES}:${SLOW}`, PATH: process.env["PATH"] ?? "" },
  });
}

/** An IPAM plugin that takes its time for the first ADD, and says when it is at it. */
function slowIpam(seconds: number): Readonly<Record<string, unknown>> {
  mkdirSync(SLOW, { recursive: true });
  writeFileSync(
    join(SLOW, "slow"),
    `#!/bin/sh
answer=$(${ENTRIES}/host-local) || { echo "$answer"; exit 1; }
if [ "$CNI_COMMAND" = ADD ] && [ ! -e ${SLOW}/begun ]; then touch ${SLOW}/begun; sleep ${seconds}; fi
echo "$answer"
`,
  );
  chmodSync(join(SLOW, "slow"), 0o755);
  return { ...CONFIG, ipam: { ...CONFIG.ipam, type: "slow" } };
}

function addressOf(answer: RunAnswer): string | undefined {
  return (JSON.parse(answer.stdout) as ChainResult).ips?.[0]?.address;
}

function reserved(): string[] {
  return readdirSync("/var/lib/cni/networks/dbnet").filter((name) => name.startsWith("10."));
}

/** Sends bytes and gives what comes back until the daemon closes or the time is over. */
async function exchange(bytes: Uint8Array, waitMs = 4000): Promise<Uint8Array> {
  const came: Uint8Array[] = [];
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    void Bun.connect({
      unix: SOCKET,
      socket: {
        open: (socket) => void socket.write(bytes),
        data: (_, chunk) => void came.push(new Uint8Array(chunk)),
        close: () => {
          clearTimeout(timer);
          resolve();
        },
      },
    });
  });
  return Buffer.concat(came);
}

function rss(pid: number): number {
  const [, kilobytes = "0"] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

describe("kill -9 while an ADD is under way:", () => {
  test("the entry program takes back what was begun, and does it anew", async () => {
    const daemon = await TestDaemon.start();
    const config = slowIpam(1);
    const adding = call({ operation: "ADD", config });
    await until("the slow plugin has begun", () => existsSync(join(SLOW, "begun")));
    await daemon.end("SIGKILL");
    const answer = await adding;
    expect([answer.exitCode, answer.stderr]).toEqual([0, ""]);
    const address = addressOf(answer) ?? "";
    expect(await must(["ip", "-n", "blue", "-j", "address"])).toContain(address.replace("/24", ""));
    expect(reserved()).toEqual([address.replace("/24", "")]);
    const links = await must(["ip", "-o", "link", "show", "type", "veth"]);
    expect(links.trim().split("\n")).toHaveLength(1);
    await using again = await TestDaemon.start();
    expect((await call({ operation: "DEL", config })).exitCode).toBe(0);
    expect(await again.end()).toBe(0);
    expect(reserved()).toEqual([]);
    expect(readdirSync("/run/hawser/attachments")).toEqual([]);
  });
});

describe("an end by SIGTERM:", () => {
  test("what was begun is finished, what comes is done without it, and the exit code is 0", async () => {
    const daemon = await TestDaemon.start();
    const config = slowIpam(1);
    const adding = call({ operation: "ADD", config });
    await until("the slow plugin has begun", () => existsSync(join(SLOW, "begun")));
    const ending = daemon.end();
    await daemon.logged("ending");
    const green = await scene.host.container("green");
    const other = await call({ operation: "ADD", id: "c2", netns: green.netns });
    expect([other.exitCode, other.stderr]).toEqual([0, ""]);
    expect((await call({ operation: "DEL", id: "c2", netns: green.netns })).exitCode).toBe(0);
    expect((await adding).exitCode).toBe(0);
    expect(await ending).toBe(0);
    expect(daemon.calls).toEqual(["host-local ADD", "bridge ADD"]);
    expect(existsSync(SOCKET)).toBe(false);
    await scene.host.remove(green);
  });

  test("another daemon takes its place while calls come in, and none fails", async () => {
    const first = await TestDaemon.start();
    const answers: Promise<RunAnswer>[] = [];
    let second: TestDaemon | undefined;
    for (let round = 0; round < 30; round++) {
      answers.push(call({ operation: "DEL", id: `c${round}`, netns: "" }));
      if (round === 10) second = await TestDaemon.start(["--replace"]);
      await Bun.sleep(10);
    }
    expect(await first.process.exited).toBe(0);
    for (const answer of await Promise.all(answers)) {
      expect([answer.exitCode, answer.stdout]).toEqual([0, ""]);
    }
    expect(first.calls.length).toBeGreaterThan(0);
    expect(second?.calls.length).toBeGreaterThan(0);
    expect(await second?.end()).toBe(0);
  });
});

test("a socket directory that somebody removes comes back", async () => {
  await using daemon = await TestDaemon.start();
  rmSync("/run/hawser", { recursive: true });
  expect((await call({ operation: "STATUS" })).exitCode).toBe(0);
  await daemon.logged("listening", 2);
  expect((await call({ operation: "STATUS" })).exitCode).toBe(0);
  expect(await daemon.served(1)).toEqual(["bridge STATUS"]);
  expect(await daemon.end()).toBe(0);
}, 30_000);

describe("callers that are no entry programs:", () => {
  test("garbage, half frames and other versions are refused; the daemon goes on", async () => {
    await using daemon = await TestDaemon.start();
    const newer = encodeFrame(2, Kind.REQUEST, new Uint8Array(40));
    const older = encodeFrame(0, Kind.REQUEST, new Uint8Array(40));
    expect((await exchange(newer)).toHex()).toBe("485753520100030000000000");
    expect((await exchange(older)).toHex()).toBe("485753520100030000000000");
    expect((await exchange(encodeFrame(1, Kind.REQUEST))).toHex()).toBe("485753520100020000000000");
    const huge = new Uint8Array(encodeFrame(1, Kind.REQUEST));
    new DataView(huge.buffer).setUint32(8, 0xffffffff, true);
    for (const bytes of [
      huge,
      new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
      encodeFrame(1, Kind.ANSWER, new Uint8Array(4)),
      encodeFrame(1, Kind.REQUEST, new Uint8Array(1000)).subarray(0, 500),
      encodeFrame(1, Kind.REQUEST).subarray(0, 5),
      crypto.getRandomValues(new Uint8Array(65_536)),
    ]) {
      expect((await exchange(bytes)).length).toBe(0);
    }
    expect((await call({ operation: "ADD" })).exitCode).toBe(0);
    expect((await call({ operation: "DEL" })).exitCode).toBe(0);
    expect(await daemon.served(2)).toEqual(["bridge ADD", "bridge DEL"]);
  }, 60_000);

  test("ten thousand connections that send nothing take no memory, and make room", async () => {
    await using daemon = await TestDaemon.start();
    const before = rss(daemon.pid);
    const open: Bun.Socket[] = [];
    for (let count = 0; count < 10_000; count++) {
      open.push(await silence());
      if (open.length > 900) open.shift()?.terminate();
    }
    // While the queue is full the full executable helps; then the daemon serves again.
    expect((await call({ operation: "ADD" })).exitCode).toBe(0);
    expect((await call({ operation: "DEL" })).exitCode).toBe(0);
    for (let tries = 0; daemon.calls.length === 0 && tries < 100; tries++) {
      expect((await call({ operation: "STATUS" })).exitCode).toBe(0);
    }
    expect(daemon.calls).not.toEqual([]);
    expect(rss(daemon.pid) - before).toBeLessThan(60);
    for (const socket of open) socket.terminate();
  }, 60_000);
});

/** A connection that sends nothing, made as soon as there is room in the queue. */
async function silence(): Promise<Bun.Socket> {
  for (;;) {
    try {
      return await Bun.connect({ unix: SOCKET, socket: { data: () => undefined } });
    } catch {
      await Bun.sleep(5);
    }
  }
}
