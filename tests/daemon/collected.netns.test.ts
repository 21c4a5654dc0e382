import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Conflist, callEnvironment, runChain, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, FULL, TestDaemon } from "../support/daemon.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";

/** What GC has removed the daemon does not go on noting. */

const test = skipBecause(entriesMissing());
const LIST: Conflist = { ...dbnet(), cniVersion: "1.1.0" };
const JOURNAL = "/run/hawser/attachments";
const NAMES = ["one", "two", "three"] as const;

let host: Host;
const containers: Container[] = [];
beforeAll(async () => {
  host = await Host.create();
});
afterEach(async () => {
  for (const container of containers.splice(0)) await host.remove(container);
  await host.tidy();
});
afterAll(async () => {
  await host.tidy();
});

async function attach(): Promise<void> {
  for (const [at, name] of NAMES.entries()) {
    const container = await host.container(name);
    containers.push(container);
    const { netns } = container;
    const capabilityArgs = mapTcp(8080 + at, 80);
    const attachment = { containerId: name, netns, ifName: "eth0", capabilityArgs };
    await runChain({ dir: ENTRIES, list: LIST, operation: "ADD", attachment });
  }
}

async function collect(dir: string, list: Conflist, valid: readonly string[]): Promise<void> {
  const validAttachments = valid.map((containerID) => ({ containerID, ifname: "eth0" }));
  await runChain({ dir, list, operation: "GC", validAttachments });
}

/** The plugins that are noted for each container. */
function noted(): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const name of readdirSync(JOURNAL).filter((each) => each.endsWith(".jsonl"))) {
    const plugins: string[] = [];
    for (const text of readFileSync(join(JOURNAL, name), "utf8").trim().split("\n")) {
      const line = JSON.parse(text) as { kind: string; plugin: string };
      if (line.kind === "add") plugins.push(line.plugin);
      if (line.kind === "del") plugins.splice(plugins.lastIndexOf(line.plugin), 1);
    }
    all[name] = plugins;
  }
  return all;
}

test("case U4: GC through the daemon takes the notes of what it removed along", async () => {
  await using _daemon = await TestDaemon.start(["--no-reconcile"]);
  await attach();
  expect(Object.values(noted())).toHaveLength(3);
  await collect(ENTRIES, LIST, ["two"]);
  expect(Object.values(noted())).toEqual([["bridge", "tuning", "portmap"]]);
  await collect(FULL, LIST, []);
  expect(Object.values(noted())).toEqual([]);
});

test("case U4, kind: the GC of one plugin, or of another network, forgets no more than that", async () => {
  await using _daemon = await TestDaemon.start(["--no-reconcile"]);
  await attach();
  await collect(ENTRIES, { ...LIST, name: "other" }, []);
  const portmap = LIST.plugins.filter(({ type }) => type === "portmap");
  await collect(ENTRIES, { ...LIST, plugins: portmap }, ["one"]);
  const plugins = Object.values(noted()).toSorted((a, b) => b.length - a.length);
  expect(plugins).toEqual([
    ["bridge", "tuning", "portmap"],
    ["bridge", "tuning"],
    ["bridge", "tuning"],
  ]);
  await collect(ENTRIES, LIST, []);
  expect(Object.values(noted())).toEqual([]);
});

test("case U4, kind: a GC that fails forgets nothing", async () => {
  await using daemon = await TestDaemon.start(["--no-reconcile"]);
  await attach();
  const config = { ...LIST.plugins[0], cniVersion: "1.1.0", name: LIST.name };
  const env = callEnvironment("GC", ENTRIES, undefined);
  expect((await runPlugin(ENTRIES, "bridge", config, env)).exitCode).toBe(1);
  expect((await daemon.served(10)).at(-1)).toBe("bridge GC");
  expect(Object.values(noted())).toHaveLength(3);
  await collect(ENTRIES, LIST, []);
});
