import { expect } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { callEnvironment, type Operation, type PluginObject, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { must, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { daemonScene } from "./scene.ts";

/** When the answer has come, the daemon has no handle on the container's namespace any more. */

const test = skipBecause(entriesMissing());
const PATH = "/run/unmount";
const TRIES = 200;
const NETWORK = { cniVersion: "1.1.0", name: "dbnet" };
const HOST_LOCAL = { type: "host-local", subnet: "10.1.0.0/24" };
const BRIDGE = { ...NETWORK, type: "bridge", bridge: "cni0", ipam: HOST_LOCAL };
const MACVLAN = { ...NETWORK, type: "macvlan", master: "uplink0", ipam: HOST_LOCAL };

const scene = daemonScene();

/** Makes a call by a mount of the namespace, then unmounts it at once; gives what that said. */
async function umountAfter(operation: Operation, config: PluginObject): Promise<string> {
  writeFileSync(PATH, "");
  await must(["mount", "--bind", scene.blue.netns, PATH]);
  const attachment = { containerId: "c1", netns: PATH, ifName: "eth0" };
  const env = callEnvironment(operation, ENTRIES, attachment);
  const answer = await runPlugin(ENTRIES, String(config["type"]), config, env);
  const unmounted = await run(["umount", PATH]);
  if (unmounted.exitCode !== 0) await must(["umount", "-l", PATH]);
  rmSync(PATH);
  expect(answer.exitCode).toBe(operation === "CHECK" ? 1 : 0);
  return unmounted.stderr;
}

async function expectFree(config: PluginObject, operations: readonly Operation[]): Promise<void> {
  await using daemon = await TestDaemon.start(["--no-reconcile"]);
  const said: string[] = [];
  let count = 0;
  while (count < TRIES) {
    for (const operation of operations) said.push(await umountAfter(operation, config));
    count += operations.length;
  }
  expect(said.filter((text) => text !== "")).toEqual([]);
  await daemon.served(count);
}

test("case U3: the namespace's path can be unmounted right after ADD and DEL", async () => {
  mkdirSync("/run", { recursive: true });
  await expectFree(BRIDGE, ["ADD", "DEL"]);
}, 120_000);

test("case U3, kind: also where the link inside the container is deleted on a thread", async () => {
  await must(["ip", "link", "add", "uplink0", "type", "veth", "peer", "name", "uplink1"]);
  await expectFree(MACVLAN, ["ADD", "DEL"]);
  await must(["ip", "link", "del", "uplink0"]);
}, 120_000);

test("case U3, kind: also after a call that fails", async () => {
  await expectFree(BRIDGE, ["CHECK"]);
}, 120_000);
