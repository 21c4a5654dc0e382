import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callEnvironment, type PluginObject, runPlugin } from "../support/chain.ts";
import type { RunAnswer } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins, newestPlugins } from "../support/plugin-sets.ts";

/**
 * GC of the reference plugins: since release 1.10.0 host-local has it, as the only one, and no plugin
 * hands it on to host-local.
 */

const RESERVATIONS = "/var/lib/cni/networks/gcnet";
const theirs = newestPlugins();
const ours = hawserPlugins();
const withBoth = skipBecause(theirs.missing ?? ours.missing);

const IPAM = { type: "host-local", subnet: "10.7.0.0/24" };
const BRIDGE: PluginObject = { type: "bridge", bridge: "gc0", ipam: IPAM };

/** One old reservation has the container alone, as releases before 0.9 wrote it. */
const RESERVED: Readonly<Record<string, string>> = {
  "10.7.0.2": "one\r\neth0",
  "10.7.0.3": "one\r\nnet1",
  "10.7.0.4": "two\r\neth0",
  "10.7.0.5": "three",
  "10.7.0.6": "four",
  "fd00:7::2": "one\r\neth0",
};

let mixed: string;
beforeAll(async () => {
  await Host.create();
  // Our bridge beside Go's host-local.
  mixed = mkdtempSync(join(tmpdir(), "hawser-mixed-"));
  symlinkSync(join(ours.dir, "bridge"), join(mixed, "bridge"));
  symlinkSync(join(theirs.dir, "host-local"), join(mixed, "host-local"));
});
afterEach(() => rmSync("/var/lib/cni/networks", { recursive: true, force: true }));
afterAll(() => rmSync(mixed, { recursive: true }));

function reserve(): void {
  rmSync(RESERVATIONS, { recursive: true, force: true });
  mkdirSync(RESERVATIONS, { recursive: true });
  for (const [address, owner] of Object.entries(RESERVED)) {
    writeFileSync(join(RESERVATIONS, address), owner);
  }
  writeFileSync(join(RESERVATIONS, "last_reserved_ip.0"), "10.7.0.6");
  writeFileSync(join(RESERVATIONS, "lock"), "");
}

async function gc(
  dir: string,
  plugin: PluginObject,
  valid: readonly { containerID: string; ifname: string }[],
): Promise<RunAnswer> {
  const config = {
    ...plugin,
    ...{ cniVersion: "1.1.0", name: "gcnet", "cni.dev/valid-attachments": valid },
  };
  return await runPlugin(
    dir,
    String(plugin["type"]),
    config,
    callEnvironment("GC", dir, undefined),
  );
}

/** What is left in the network's directory after GC. */
async function leftBy(...call: Parameters<typeof gc>): Promise<string[]> {
  reserve();
  const { exitCode, stdout, stderr } = await gc(...call);
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  return readdirSync(RESERVATIONS).sort();
}

describe("host-local", () => {
  const alone: PluginObject = { type: "host-local", ipam: IPAM };
  const notes = ["last_reserved_ip.0", "lock"];
  const cases: [name: string, valid: { containerID: string; ifname: string }[], kept: string[]][] =
    [
      ["an empty list releases all", [], []],
      [
        "what is valid stays, by container and interface",
        [{ containerID: "one", ifname: "eth0" }],
        ["10.7.0.2", "fd00:7::2"],
      ],
      [
        "a container's reservation without an interface stays with any of its attachments",
        [{ containerID: "three", ifname: "net7" }],
        ["10.7.0.5"],
      ],
    ];
  for (const [name, valid, kept] of cases) {
    withBoth(`${name}, in Go as here`, async () => {
      const go = await leftBy(theirs.dir, alone, valid);
      expect(go).toEqual([...kept, ...notes].sort());
      expect(await leftBy(ours.dir, alone, valid)).toEqual(go);
    });
  }
});

describe("D260 bridge", () => {
  const left = ["10.7.0.4", "last_reserved_ip.0", "lock"];
  const valid = [{ containerID: "two", ifname: "eth0" }];

  withBoth("Go's releases nothing", async () => {
    expect(await leftBy(theirs.dir, BRIDGE, valid)).toHaveLength(8);
  });
  withBoth("ours hands GC on to our host-local", async () => {
    expect(await leftBy(ours.dir, BRIDGE, valid)).toEqual(left);
  });
  withBoth("ours hands GC on to Go's host-local", async () => {
    expect(await leftBy(mixed, BRIDGE, valid)).toEqual(left);
  });
});
