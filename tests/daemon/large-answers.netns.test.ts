import { afterEach, beforeEach, describe, expect } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callEnvironment, type PluginObject, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { must, type RunAnswer } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { daemonScene } from "./scene.ts";

/** Answers that others make large: what the daemon prints, keeps and sends is bounded. */

const test = skipBecause(entriesMissing());
const PLUGINS = "/run/plugins";
const NETWORK = { cniVersion: "1.1.0", name: "dbnet" };
const BRIDGE = { ...NETWORK, type: "bridge", bridge: "cni0" };
const DEPTH = 480;
const SOON_MS = 8000;

const scene = daemonScene();
beforeEach(() => {
  mkdirSync(PLUGINS, { recursive: true });
});
afterEach(() => {
  rmSync(PLUGINS, { recursive: true, force: true });
});

async function call(
  operation: "ADD" | "DEL",
  config: PluginObject,
  { containerId = "c1", netns = scene.blue.netns, ifName = "eth0" } = {},
): Promise<RunAnswer> {
  const env = callEnvironment(operation, ENTRIES, { containerId, netns, ifName });
  const CNI_PATH = `${ENTRIES}:${PLUGINS}`;
  return await runPlugin(ENTRIES, String(config["type"]), config, { ...env, CNI_PATH });
}

/** The largest that a process has been, in MiB. */
function peak(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/u.exec(status)?.[1]) / 1024;
}

/** The result of an earlier plugin with a key that is deep and has many leaves. */
function deepResult(leaves: number): unknown {
  const list = `${"[".repeat(DEPTH)}${"1,".repeat(leaves)}1${"]".repeat(DEPTH)}`;
  return {
    cniVersion: "1.1.0",
    interfaces: [{ name: "lo", sandbox: scene.blue.netns }],
    "example.org/deep": JSON.parse(list) as unknown,
  };
}

function writeIpam(name: string, script: string): PluginObject {
  writeFileSync(join(PLUGINS, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(PLUGINS, name), 0o755);
  return { ...BRIDGE, ipam: { type: name } };
}

describe("case S9:", () => {
  test("case S9: a result that is small for its reader is small for the next", async () => {
    await using daemon = await TestDaemon.start(["--no-reconcile"]);
    for (const leaves of [30_000, 400_000]) {
      const prevResult = deepResult(leaves);
      const config = { ...NETWORK, type: "tuning", sysctl: {}, prevResult };
      const answer = await call("ADD", config, { ifName: "lo" });
      expect([answer.exitCode, answer.stderr]).toEqual([0, ""]);
      expect(JSON.parse(answer.stdout)).toEqual(prevResult);
    }
    // The second is longer than what the daemon reads.
    expect(await daemon.served(1)).toEqual(["tuning ADD"]);
    expect(peak(daemon.pid)).toBeLessThan(200);
  }, 60_000);

  test("case S9, kind: 100 MB of a delegate are read by a process of the call's own", async () => {
    await using daemon = await TestDaemon.start(["--no-reconcile"]);
    const green = await scene.host.container("green");
    const floods = writeIpam(
      "floods",
      'test "$CNI_COMMAND" != ADD || yes 1234567 | head -c 100000000',
    );
    const flooding = call("ADD", floods);
    const healthy = {
      ...BRIDGE,
      name: "healthy",
      ipam: { type: "host-local", subnet: "10.9.0.0/24" },
    };
    const { netns } = green;
    const other = await call("ADD", healthy, { containerId: "c2", netns });
    expect(other.exitCode).toBe(0);
    expect(other.ms).toBeLessThan(patient(SOON_MS));
    const answer = await flooding;
    expect(JSON.parse(answer.stdout)).toMatchObject({
      code: 6,
      msg: 'plugin "floods" printed more than 16777216 bytes and was ended',
    });
    expect(await must(["ip", "-n", "blue", "-br", "link"])).not.toContain("eth0");
    expect((await daemon.logged("left"))["reason"]).toContain("printed more than");
    expect((await call("DEL", healthy, { containerId: "c2", netns })).exitCode).toBe(0);
    expect(peak(daemon.pid)).toBeLessThan(200);
    await scene.host.remove(green);
  }, 60_000);

  test("case S9, kind: a long answer that makes sense is taken, whoever reads it", async () => {
    await using daemon = await TestDaemon.start(["--no-reconcile"]);
    const result = {
      cniVersion: "1.1.0",
      ips: [{ address: "10.1.0.9/24" }],
      x: "y".repeat(1_000_000),
    };
    writeFileSync(join(PLUGINS, "answer"), JSON.stringify(result));
    const long = writeIpam("long", `test "$CNI_COMMAND" != ADD || cat ${PLUGINS}/answer`);
    expect((await call("ADD", long)).exitCode).toBe(0);
    expect(await must(["ip", "-n", "blue", "-br", "address"])).toContain("10.1.0.9");
    expect((await daemon.logged("left"))["operation"]).toBe("ADD");
    expect((await call("DEL", long)).exitCode).toBe(0);
    expect(await daemon.served(1)).toEqual(["bridge DEL"]);
  }, 60_000);
});
