import { expect } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { callEnvironment, type Operation, type PluginObject, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { must, type RunAnswer } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { daemonScene } from "./scene.ts";

/** A container that fills its own namespace costs the thread that serves all next to nothing. */

const test = skipBecause(entriesMissing());
const NETWORK = { cniVersion: "1.1.0", name: "dbnet" };
const BRIDGE = {
  ...{ ...NETWORK, type: "bridge", bridge: "cni0", isGateway: true },
  ipam: { type: "host-local", subnet: "10.1.0.0/16", routes: [{ dst: "0.0.0.0/0" }] },
};
const BATCH = "/run/flood";
const MANY = 30_000;
/** Of processor time. Reading so many routes takes several times as long. */
const MOST_MS = 60;

const scene = daemonScene();

async function call(operation: Operation, config: PluginObject): Promise<RunAnswer> {
  const attachment = { containerId: "c1", netns: scene.blue.netns, ifName: "eth0" };
  const env = callEnvironment(operation, ENTRIES, attachment);
  return await runPlugin(ENTRIES, String(config["type"]), config, env);
}

async function expectDone(operation: Operation, config: PluginObject): Promise<RunAnswer> {
  const answer = await call(operation, config);
  expect([answer.exitCode, answer.exitCode === 0 ? "" : answer.stdout]).toEqual([0, ""]);
  return answer;
}

/** Has `ip` do a line for each number in the container. */
async function flood(count: number, line: (numbers: string) => string): Promise<void> {
  const lines = Array.from({ length: count }, (_, at) => line(`${at >> 8}.${at & 255}`));
  writeFileSync(BATCH, `${lines.join("\n")}\n`);
  await must(["ip", "-n", "blue", "-batch", BATCH]);
  rmSync(BATCH);
}

/** What the daemon's main thread has run on a processor, in milliseconds. */
function mainThread({ pid }: TestDaemon): number {
  const [ns = "0"] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
  return Number(ns) / 1e6;
}

/** The call is done, by its own process, and costs the daemon's main thread little. */
async function expectAside(
  daemon: TestDaemon,
  operation: Operation,
  config: PluginObject,
): Promise<void> {
  const left = daemon.log.filter(({ event }) => event === "left").length;
  const before = mainThread(daemon);
  await expectDone(operation, config);
  expect(mainThread(daemon) - before).toBeLessThan(patient(MOST_MS));
  expect((await daemon.logged("left", left + 1))["reason"]).toContain("the list is longer");
}

async function attached(): Promise<{ daemon: TestDaemon; prevResult: unknown }> {
  const daemon = await TestDaemon.start(["--no-reconcile"]);
  const { stdout } = await expectDone("ADD", BRIDGE);
  const prevResult = JSON.parse(stdout) as unknown;
  await expectDone("CHECK", { ...BRIDGE, prevResult }); // so that its code is warm
  return { daemon, prevResult };
}

test("case S8: the routes of a container are not read by the thread that serves all", async () => {
  const { daemon, prevResult } = await attached();
  await using _ = daemon;
  await flood(MANY, (numbers) => `route add 11.${numbers}.0/32 dev eth0`);
  await expectAside(daemon, "CHECK", { ...BRIDGE, prevResult });
  // It is still judged: what is missing is named.
  await must(["ip", "-n", "blue", "route", "del", "default"]);
  const answer = await call("CHECK", { ...BRIDGE, prevResult });
  expect(answer.exitCode).toBe(1);
  expect(answer.stdout).toContain("0.0.0.0/0");
  await expectDone("DEL", BRIDGE);
}, 60_000);

test("case S8, kind: nor are its rules, and a DEL removes its own among them", async () => {
  const { daemon, prevResult } = await attached();
  await using _ = daemon;
  const sbr = { ...NETWORK, type: "sbr", prevResult };
  await expectDone("ADD", sbr);
  const own = (await must(["ip", "-n", "blue", "rule"])).split("\n").length;
  await flood(MANY / 5, (numbers) => `rule add from 12.0.${numbers} table 7`);
  await expectAside(daemon, "DEL", sbr);
  const left = (await must(["ip", "-n", "blue", "rule"])).split("\n").length;
  expect(left).toBe(own - 1 + MANY / 5);
  await expectDone("DEL", BRIDGE);
}, 60_000);

test("case S8, kind: nor are its addresses", async () => {
  const { daemon, prevResult } = await attached();
  await using _ = daemon;
  await flood(MANY / 5, (numbers) => `address add 13.0.${numbers}/32 dev eth0`);
  await expectAside(daemon, "CHECK", { ...BRIDGE, prevResult });
  await expectDone("DEL", BRIDGE);
}, 60_000);
