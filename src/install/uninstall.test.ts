import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Node, networkText } from "../../tests/support/installation.ts";
import type { PluginAnswer } from "../invoke/index.ts";
import { Runtime } from "../runtime/index.ts";
import { CniError } from "../spec/index.ts";
import { type InstallReport, install, type UninstallRequest, uninstall } from "./index.ts";

function remove(node: Node, more: Partial<UninstallRequest> = {}): InstallReport {
  const { binDir, home } = node;
  const cacheDir = join(home, "cache");
  return uninstall({ binDir, cacheDir, force: false, dryRun: false, ...more });
}

/** Remembers a container of the network as attached. */
async function attach(
  node: Node,
  netns: string,
  network: string = networkText("1"),
): Promise<void> {
  const stdout = JSON.stringify({ cniVersion: "1.0.0" });
  const answer: PluginAnswer = { exitCode: 0, signal: null, stdout, stderr: "", ms: 0 };
  const runtime = new Runtime({
    pluginDirs: [node.binDir],
    cacheDir: join(node.home, "cache"),
    executor: {
      find: (type, dirs) => join(dirs[0] ?? "", type),
      run: async () => answer,
    },
  });
  const { networkFromText } = await import("../runtime/index.ts");
  await runtime.add(networkFromText(network), { containerId: "c1", netns, ifName: "eth0" });
}

test("nothing is left, and the configuration goes first, the executable last", () => {
  using node = new Node();
  install(node.request("1", { unitDir: node.unitDir }));
  const { files, notes } = remove(node);
  expect(notes).toEqual([]);
  expect(files.map(({ role }) => role)).toEqual([
    "network",
    ...["unit", "unit"],
    ...["plugin", "plugin", "plugin"],
    "executable",
  ] as (typeof files)[number]["role"][]);
  expect(new Set(files.map(({ fate }) => fate))).toEqual(new Set(["removed"]));
  expect(node.names()).toEqual([]);
  expect(existsSync(join(node.unitDir, "hawser.service"))).toBe(false);
});

test("what was put aside is back, byte for byte, with its mode and time", () => {
  using node = new Node();
  node.addForeign("bridge");
  node.addForeign("hawser", "somebody's");
  const stat = (): unknown =>
    Bun.spawnSync(["stat", "-c", "%i %Y %a", node.bin("bridge")]).stdout.toString();
  const before = stat();
  install(node.request("1", { replace: true }));
  install(node.request("2", { replace: true }));
  remove(node);
  expect(node.names()).toEqual(["bridge", "hawser"]);
  expect(stat()).toEqual(before);
  expect(node.read("hawser")).toBe("somebody's");
});

test("a file that somebody has changed since stays, and what it had replaced is named", () => {
  using node = new Node();
  node.addForeign("bridge");
  install(node.request("1", { replace: true }));
  node.addForeign("theirs", "their next version");
  renameSync(node.bin("theirs"), node.bin("bridge"));
  const { files, notes } = remove(node);
  expect(files.find(({ path }) => path === node.bin("bridge"))?.fate).toBe("kept");
  expect(notes.join()).toContain(node.bin(".bridge.hawser-aside"));
  expect(node.names()).toEqual([".bridge.hawser-aside", "bridge"]);
  expect(node.read("bridge")).toBe("their next version");
});

test("what is gone already is no hindrance, and a second run finds nothing", () => {
  using node = new Node();
  install(node.request("1"));
  rmSync(node.bin("bridge"));
  rmSync(node.confDir, { recursive: true });
  expect(remove(node).files.map(({ path }) => path)).not.toContain(node.bin("bridge"));
  expect(node.names()).toEqual([]);
  expect(remove(node)).toEqual({
    files: [],
    notes: [`Hawser is not installed in ${node.binDir}`],
  });
});

test("a dry run says the same and touches nothing", () => {
  using node = new Node();
  node.addForeign("bridge");
  install(node.request("1", { replace: true }));
  const before = node.names();
  const said = remove(node, { dryRun: true });
  expect(node.names()).toEqual(before);
  expect(said).toEqual(remove(node));
});

test("while a container is attached that the plugins must detach, only force removes them", async () => {
  using node = new Node();
  install(node.request("1"));
  await attach(node, "/proc/self/ns/net");
  let code: unknown;
  try {
    remove(node);
  } catch (error) {
    code = CniError.from(error).code;
  }
  expect(code).toBe(11);
  expect(readFileSync(node.conflist, "utf8")).toBe(networkText("1"));
  const { notes } = remove(node, { force: true });
  expect(notes.join()).toContain("c1:eth0");
  expect(node.names()).toEqual([]);
});

test("a container that is gone, or of plugins that stay, holds nothing up", async () => {
  using node = new Node();
  install(node.request("1"));
  await attach(node, join(node.home, "no-such-namespace"));
  await attach(
    node,
    "/proc/self/ns/net",
    '{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"x"}]}',
  );
  expect(remove(node).notes).toEqual([]);
});

test("leftovers of an interrupted installation are removed too", () => {
  using node = new Node();
  install(node.request("1"));
  mkdirSync(node.confDir, { recursive: true });
  writeFileSync(node.bin(".hawser-new-aaaaaaaaaaaa"), "half");
  writeFileSync(join(node.confDir, ".hawser-new-bbbbbbbbbbbb"), "half");
  remove(node);
  expect(node.names()).toEqual([]);
});
