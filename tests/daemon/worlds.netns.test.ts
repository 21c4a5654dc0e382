import { afterEach, beforeEach, describe, expect } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ChainResult, callEnvironment, type PluginObject } from "../support/chain.ts";
import { ENTRIES, entriesMissing, FULL, TestDaemon } from "../support/daemon.ts";
import { type RunAnswer, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { daemonScene } from "./scene.ts";

/** Callers in other mount namespaces than the daemon's, which is that of this test. */

const test = skipBecause(entriesMissing());
const ROOM = "/run/worlds";
const PLUGINS = `${ROOM}/plugins`;
const BRIDGE = { cniVersion: "1.1.0", name: "dbnet", type: "bridge", bridge: "cni0" };

const scene = daemonScene();
beforeEach(() => {
  for (const name of ["pool", "plugins", "other"]) mkdirSync(join(ROOM, name), { recursive: true });
});
afterEach(() => {
  rmSync(ROOM, { recursive: true, force: true });
});

interface Call {
  readonly config: PluginObject;
  readonly id?: string;
  readonly operation?: "ADD" | "DEL";
  /** What the caller's world is made by, in a mount namespace of its own. */
  readonly mounts: string;
  readonly dir?: string;
  readonly after?: string;
}

/** A call of a process for which these mounts are made; `after` runs in its world when it has ended. */
async function call(one: Call): Promise<RunAnswer> {
  const { config, id = "c1", operation = "ADD", mounts, dir = ENTRIES, after = "true" } = one;
  const attachment = { containerId: id, netns: scene.blue.netns, ifName: "eth0" };
  const env = callEnvironment(operation, dir, attachment);
  const script = `set -e; ${mounts}; ${dir}/${String(config["type"])} || exit $?; ${after}`;
  return await run(["unshare", "-m", "--propagation", "private", "bash", "-c", script], {
    stdin: JSON.stringify(config),
    env: { ...env, CNI_PATH: `${PLUGINS}:${dir}` },
  });
}

function addressOf({ stdout }: RunAnswer): string | undefined {
  return (JSON.parse(stdout) as ChainResult).ips?.[0]?.address;
}

function pool(dataDir: string): PluginObject {
  return { ...BRIDGE, ipam: { type: "host-local", subnet: "10.1.0.0/24", dataDir } };
}

function writePlugin(directory: string, address: string): void {
  const answer = `{"cniVersion":"1.1.0","ips":[{"address":"${address}"}]}`;
  writeFileSync(join(directory, "theirs"), `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(join(directory, "theirs"), 0o755);
}

describe("case S12:", () => {
  test("case S12: where the data directory is another one, the caller's own process does the call", async () => {
    await using daemon = await TestDaemon.start();
    const mounts = `mount -t tmpfs none ${ROOM}/pool`;
    const config = pool(`${ROOM}/pool/net`);
    // In one world the daemon's entry program and the executable never give the same address.
    const executable = `CNI_CONTAINERID=c2 CNI_IFNAME=eth1 ${FULL}/bridge`;
    const after = `${executable} <<< '${JSON.stringify(config)}' >&2; ls ${ROOM}/pool/net/dbnet >&2`;
    const answer = await call({ config, mounts, after });
    expect(answer.exitCode).toBe(0);
    expect(addressOf(answer)).toBe("10.1.0.2/24");
    expect(answer.stderr).toContain("10.1.0.3");
    expect(readdirSync(`${ROOM}/pool`)).toEqual([]);
    expect(daemon.calls).toEqual([]);
  });

  test("case S12, kind: a delegate is the one that the caller's CNI_PATH leads to", async () => {
    await using daemon = await TestDaemon.start();
    writePlugin(PLUGINS, "10.1.0.20/24");
    writePlugin(`${ROOM}/other`, "10.1.0.30/24");
    const config = { ...BRIDGE, ipam: { type: "theirs" } };
    const answer = await call({ config, mounts: `mount --bind ${ROOM}/other ${PLUGINS}` });
    expect(addressOf(answer)).toBe("10.1.0.30/24");
    expect(daemon.calls).toEqual([]);
  });

  test("case S12, kind: what the caller's administrator forbids stays forbidden", async () => {
    await using daemon = await TestDaemon.start();
    writeFileSync(join(ROOM, "list"), "^net.ipv4.ip_forward$\n");
    const prevResult = { cniVersion: "1.1.0", interfaces: [{ name: "eth0", sandbox: "/x" }] };
    const config = {
      ...BRIDGE,
      type: "tuning",
      sysctl: { "net.core.somaxconn": "500" },
      prevResult,
    };
    const tmpfs = "mkdir -p /etc/cni; mount -t tmpfs none /etc/cni; mkdir /etc/cni/tuning";
    const mounts = `${tmpfs}; cp ${ROOM}/list /etc/cni/tuning/allowlist.conf`;
    const answer = await call({ config, mounts });
    expect(JSON.parse(answer.stdout)).toMatchObject({
      code: 7,
      msg: expect.stringContaining("net.core.somaxconn is not allowed") as string,
    });
    expect(daemon.calls).toEqual([]);
  });

  test("case S12, kind: a link of both worlds is followed in the caller's own", async () => {
    await using daemon = await TestDaemon.start();
    symlinkSync(`${ROOM}/pool`, `${ROOM}/link`);
    const mounts = `mount -t tmpfs none ${ROOM}/pool`;
    expect((await call({ config: pool(`${ROOM}/link`), mounts })).exitCode).toBe(0);
    expect(readdirSync(`${ROOM}/pool`)).toEqual([]);
    expect(daemon.calls).toEqual([]);
  });

  test("case S12, kind: a mount namespace with the same directories is the same world", async () => {
    await using daemon = await TestDaemon.start();
    for (const [mounts, config] of [
      ["mount -t tmpfs none /mnt", pool(`${ROOM}/pool`)],
      ["mount -t tmpfs none /srv", pool(`${ROOM}/not/there/yet`)],
      [`mount --bind ${ROOM}/other /mnt`, pool("")],
    ] as const) {
      const before = daemon.calls.length;
      expect((await call({ config, mounts })).exitCode).toBe(0);
      expect((await call({ config, mounts, operation: "DEL" })).exitCode).toBe(0);
      await daemon.served(before + 2);
    }
    expect(await daemon.end()).toBe(0);
  });
});
