import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { readlinkSync } from "node:fs";
import { unitTexts } from "../../src/install/index.ts";
import type { Operation, PluginObject } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { DhcpLab } from "../support/dhcp.ts";
import { must, type RunAnswer } from "../support/exec.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { until } from "../support/until.ts";

/**
 * The daemon in a mount namespace of its own, as its unit puts it into one: what runtimes mount
 * later on the host has to appear there. Entry programs hand namespaces over as descriptors, which
 * need no path; the reconciler and the keeper of leases look at paths long after a call.
 */

const UNIT = unitTexts("/opt/cni/bin")["hawser.service"] ?? "";
const [, FLAGS = ""] = /^MountFlags=(.*)$/mu.exec(UNIT) ?? [];
const missing = entriesMissing();
const test = missing === undefined ? needs("dnsmasq", "nsenter", "unshare") : skipBecause(missing);
/** Longer than the reconciler's interval and grace together. */
const LONG_ENOUGH_MS = 1500;

let lab: DhcpLab;
let daemon: TestDaemon | undefined;

beforeAll(async () => {
  lab = await DhcpLab.create();
});
afterEach(async () => {
  await daemon?.[Symbol.asyncDispose]();
  daemon = undefined;
  await lab.tidy();
});
afterAll(() => lab[Symbol.dispose]());

async function startApart(...words: string[]): Promise<TestDaemon> {
  const own = ["unshare", "--mount", "--propagation", FLAGS, "--", EXECUTABLE];
  const times = ["--reconcile-interval", "100ms", "--reconcile-grace", "300ms"];
  const apart = await TestDaemon.start([...times, ...words], {}, own);
  expect(mounts(apart.pid)).not.toBe(mounts(process.pid));
  return apart;
}

/** Which mount namespace a process is in. */
function mounts(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/mnt`);
}

async function call(operation: Operation, name: string, ipam: PluginObject): Promise<RunAnswer> {
  const config = { cniVersion: "1.1.0", name: "net1", type: "bridge", bridge: "br0", ipam };
  const attachment = { containerId: name, netns: `/run/netns/${name}`, ifName: "eth0" };
  return await lab.host.plugin(ENTRIES, "bridge", operation, config, attachment);
}

test("a namespace that is mounted after its start lives for the reconciler, until it does not", async () => {
  daemon = await startApart();
  const late = await lab.host.container("late");
  const ipam = { type: "host-local", subnet: "10.8.0.0/24" };
  expect(await call("ADD", "late", ipam)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await daemon.served(1)).toEqual(["bridge ADD"]);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(daemon.log.some(({ event }) => event === "reconciled")).toBe(false);
  expect(await must(["ip", "-n", "late", "-j", "link"])).toContain("eth0");
  await lab.host.remove(late);
  expect(await daemon.logged("reconciled")).toMatchObject({ container: "late" });
});

test("a lease in such a namespace is renewed, and kept over a restart", async () => {
  const server = await lab.dnsmasq("--dhcp-option=58,3");
  const first = await startApart("--dhcp");
  const said = (of: TestDaemon): string => JSON.stringify(of.log);
  await until(
    () => said(first),
    () => said(first).includes("dhcp: listening"),
    5000,
  );
  const late = await lab.host.container("late");
  const ipam = { type: "dhcp" };
  expect(await call("ADD", "late", ipam)).toMatchObject({ exitCode: 0, stderr: "" });
  await until(
    () => said(first),
    () => said(first).includes("renewed by"),
    8000,
  );
  await first.end("SIGKILL");
  daemon = await startApart("--dhcp");
  const second = daemon;
  await until(
    () => said(second),
    () => said(second).includes("confirmed by"),
    5000,
  );
  expect(await call("DEL", "late", ipam)).toMatchObject({ exitCode: 0, stderr: "" });
  await server.says(/DHCPRELEASE/u);
  await lab.host.remove(late);
});
