import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { defined } from "../../base/index.ts";
import { InProcessExecutor, type PluginCall, ProcessExecutor } from "../../invoke/index.ts";
import { CniError, parseJson, parseResult } from "../../spec/index.ts";
import { plugin as hostLocal } from "../host-local/index.ts";
import { plugin as bridge } from "./index.ts";

/** What a daemon gives to the plugins that it runs for its callers. */

let host: Host;
let one: Container;
let directory: string;
let descriptor: number;
beforeEach(async () => {
  host = await Host.create();
  one = await host.container("one");
  directory = mkdtempSync(join(tmpdir(), "lent-"));
  descriptor = openSync(one.netns, "r");
});
afterEach(async () => {
  closeSync(descriptor);
  await host.remove(one);
  rmSync(directory, { recursive: true });
});

const entries = new Map([bridge, hostLocal].map(({ name, entry }) => [name, entry]));
const executor = new InProcessExecutor({
  plugins: (type) => entries.get(type),
  isOwn: () => true,
  fallback: { find: (type) => `/own/${type}`, run: (call) => new ProcessExecutor().run(call) },
});

/** The caller's path leads nowhere in this process, as "/proc/self/ns/net" of another would not. */
function call(
  operation: PluginCall["operation"],
  services: PluginCall["daemonServices"],
): PluginCall {
  const config = {
    ...{ cniVersion: "1.1.0", name: "lent", type: "bridge", isGateway: true },
    ipam: {
      ...{ type: "host-local", dataDir: directory },
      ranges: [[{ subnet: "10.9.0.0/24" }]],
    },
  };
  return {
    operation,
    type: "bridge",
    path: "/own/bridge",
    stdin: JSON.stringify(config),
    env: {
      CNI_COMMAND: operation,
      CNI_CONTAINERID: "id-one",
      CNI_IFNAME: "eth0",
      CNI_NETNS: "/proc/caller/ns/net",
      CNI_PATH: "/own",
    },
    ...defined({ daemonServices: services }),
  };
}

async function veths(): Promise<string> {
  return await must(["ip", "-br", "link", "show", "type", "veth"]);
}

test("the namespace is opened where the process finds it, and told as the caller named it", async () => {
  const lent = { netnsPath: `/proc/self/fd/${descriptor}` };
  const { exitCode, stdout } = await executor.run(call("ADD", lent));
  expect([exitCode, stdout]).toEqual([0, expect.any(String) as string]);
  expect(parseResult(stdout, "1.1.0").interfaces[2]?.sandbox).toBe("/proc/caller/ns/net");
  expect(await must(["ip", "-n", "one", "-br", "addr"])).toContain("10.9.0.2/24");

  const without = await executor.run(call("ADD", undefined));
  expect(CniError.fromJson(parseJson(without.stdout))).toMatchObject({
    code: 4,
    message: expect.stringContaining('failed to open netns "/proc/caller/ns/net"') as string,
  });
});

test("links are deleted by whom the process names, and DEL waits for it", async () => {
  const netnsPath = `/proc/self/fd/${descriptor}`;
  await executor.run(call("ADD", { netnsPath }));
  const own = JSON.parse(await must(["ip", "-j", "link", "show", "type", "veth"])) as [
    { ifindex: number; ifname: string },
  ];
  const told: number[][] = [];
  const deleteLinks = async (indexes: readonly number[]): Promise<void> => {
    told.push([...indexes]);
    await must(["ip", "link", "delete", own[0].ifname]);
  };
  const { exitCode } = await executor.run(call("DEL", { netnsPath, deleteLinks }));
  expect(exitCode).toBe(0);
  expect(told).toEqual([[own[0].ifindex]]);
  expect(await veths()).toBe("");
});

test("so is a pair of another implementation, whose name and marks say nothing", async () => {
  const netnsPath = `/proc/self/fd/${descriptor}`;
  await must([
    "ip",
    "link",
    "add",
    "vethgo",
    "type",
    "veth",
    "peer",
    "name",
    "eth0",
    "netns",
    "one",
  ]);
  const [own] = JSON.parse(await must(["ip", "-j", "link", "show", "vethgo"])) as [
    { ifindex: number },
  ];
  const told: number[][] = [];
  const deleteLinks = async (indexes: readonly number[]): Promise<void> => {
    if (indexes.length > 0) told.push([...indexes]);
    if (indexes.length > 0) await must(["ip", "link", "delete", "vethgo"]);
  };
  const { exitCode } = await executor.run(call("DEL", { netnsPath, deleteLinks }));
  expect([exitCode, told]).toEqual([0, [[own.ifindex]]]);
  expect(await veths()).toBe("");
});

test("a pair of others that has the same indexes is left alone", async () => {
  const [far, two] = [await host.container("far"), await host.container("two")];
  try {
    const netnsPath = `/proc/self/fd/${descriptor}`;
    const pair = async (at: string[], peer: string[]): Promise<string> =>
      await must([...["ip", ...at], ...["index", "77", "type", "veth", "peer"], ...peer]);
    await pair(["link", "add", "trap"], ["name", "t0", "index", "55", "netns", "two"]);
    const inFar = ["-n", "far", "link", "add", "far0"];
    await pair(inFar, ["name", "eth0", "index", "55", "netns", "one"]);
    const told: number[][] = [];
    const deleteLinks = async (indexes: readonly number[], inside?: string): Promise<void> => {
      if (inside === netnsPath) await must(["ip", "-n", "one", "link", "delete", "eth0"]);
      else if (indexes.length > 0) told.push([...indexes]);
    };
    const { exitCode } = await executor.run(call("DEL", { netnsPath, deleteLinks }));
    expect([exitCode, told]).toEqual([0, []]);
    expect(await veths()).toContain("trap");
    expect(await must(["ip", "-n", "one", "-br", "link"])).not.toContain("eth0");
    expect(await must(["ip", "-n", "two", "-br", "link"])).toContain("t0");
  } finally {
    await must(["ip", "link", "delete", "trap"]);
    await host.remove(far);
    await host.remove(two);
  }
});

test("a namespace that is the host's own is refused, whatever the caller calls it", async () => {
  const { exitCode, stdout } = await executor.run(call("ADD", { netnsPath: "/proc/self/ns/net" }));
  expect([exitCode, CniError.fromJson(parseJson(stdout)).code]).toEqual([1, 8]);
  expect(await veths()).toBe("");
});
