import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Node, networkText } from "../../tests/support/installation.ts";
import type { PluginAnswer } from "../invoke/index.ts";
import { Journal } from "../journal/index.ts";
import { Netns } from "../kernel/netns/index.ts";
import { Runtime } from "../runtime/index.ts";
import { CniError } from "../spec/index.ts";
import { netnsToJson } from "../state/netns-record/index.ts";
import { OwnerStore, readBootId } from "../state/owner/index.ts";
import { usualCacheDirs } from "../view/sources/index.ts";
import { type InstallReport, install, type UninstallRequest, uninstall } from "./index.ts";

function remove(node: Node, more: Partial<UninstallRequest> = {}): InstallReport {
  const { binDir, home } = node;
  const cacheDirs = [join(home, "cache")];
  return uninstall({
    binDir,
    cacheDirs,
    stateDir: node.stateDir,
    force: false,
    dryRun: false,
    ...more,
  });
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

/** What podman 4.3 and containerd 1.6 have written: libcni named the namespace in later versions. */
function cacheOfOldLibcni(node: Node, dir: string, file: object | string): void {
  const results = join(node.home, dir, "results");
  mkdirSync(results, { recursive: true });
  const text = typeof file === "string" ? file : JSON.stringify(file);
  writeFileSync(join(results, "nodenet-c7-eth0"), text);
}

function codeOf(action: () => unknown): number | undefined {
  try {
    action();
  } catch (error) {
    return CniError.from(error).code;
  }
  return undefined;
}

const OLD_FILE = {
  kind: "cniCacheV1",
  containerId: "c7",
  config: Buffer.from(networkText("1")).toString("base64"),
  ifName: "eth0",
  networkName: "nodenet",
  result: { cniVersion: "0.4.0", dns: {} },
};

test("case C1: a cache that does not name the namespace holds the plugins", () => {
  using node = new Node();
  install(node.request("1"));
  cacheOfOldLibcni(node, "cache", OLD_FILE);
  expect(codeOf(() => remove(node))).toBe(11);
  expect(node.names()).toContain("bridge");
  const [note] = remove(node, { force: true }).notes;
  expect(note).toContain("c7:eth0");
  expect(note).toContain(join(node.home, "cache/results"));
});

test.each([
  ["a result alone, as libcni wrote it before 0.8", '{"cniVersion":"0.3.1","ip4":{}}'],
  ["half a file", '{"kind":"cniCacheV1","contain'],
  ["a list whose plugin calls others", { ...OLD_FILE, config: flannel() }],
])("case C1, kind: %s may need any plugin", (_, file) => {
  using node = new Node();
  install(node.request("1"));
  cacheOfOldLibcni(node, "cache", file);
  expect(codeOf(() => remove(node))).toBe(11);
  expect(readdirSync(join(node.home, "cache/results"))).toEqual(["nodenet-c7-eth0"]);
});

test("reference plugins that come back do not detach what is masqueraded in our own layout", () => {
  using own = Netns.current();
  const attachment = { network: "n", containerId: "c9", ifName: "eth0" };
  for (const [isMasqueraded, code] of [
    [true, 11],
    [false, undefined],
  ] as const) {
    using node = new Node();
    for (const name of ["bridge", "host-local", "portmap"]) node.addForeign(name);
    install(node.request("1", { replace: true }));
    const options = { stateDir: node.stateDir, bootId: readBootId() };
    for (const kind of ["netns", ...(isMasqueraded ? ["masquerade"] : [])]) {
      mkdirSync(join(node.stateDir, kind), { recursive: true });
    }
    const { dev, ino } = own;
    new OwnerStore({ ...options, kind: "netns" }).write(attachment, {
      by: "bridge",
      ...netnsToJson({ dev, ino }),
    });
    if (isMasqueraded) {
      new OwnerStore({ ...options, kind: "masquerade" }).write(attachment, { addresses: [] });
    }
    expect(codeOf(() => remove(node))).toBe(code);
  }
});

function flannel(): string {
  const text = '{"cniVersion":"1.0.0","name":"cbr0","plugins":[{"type":"flannel"}]}';
  return Buffer.from(text).toString("base64");
}

test("case C1, kind: what the daemon or a plugin has noted holds the plugins, until its namespace is gone", () => {
  const own = Netns.current();
  const gone = { dev: own.dev, ino: own.ino + 1_000_000_000n };
  for (const [netns, code] of [
    [own, 11],
    [gone, undefined],
  ] as const) {
    using noted = new Node();
    install(noted.request("1"));
    const journal = new Journal(noted.stateDir, readBootId());
    journal.create();
    const attachment = { network: "n", containerId: "c8", ifName: "eth0" };
    const call = { plugin: "bridge", cwd: "/", env: {}, stdin: "{}" };
    journal.added({ ...attachment, ...call, netns: { path: "", dev: netns.dev, ino: netns.ino } });
    expect(codeOf(() => remove(noted))).toBe(code);

    using recorded = new Node();
    install(recorded.request("1"));
    const stateDir = recorded.stateDir;
    mkdirSync(join(stateDir, "netns"), { recursive: true });
    const store = new OwnerStore({ stateDir, kind: "netns", bootId: readBootId() });
    store.write(attachment, { by: "bridge", ...netnsToJson({ dev: netns.dev, ino: netns.ino }) });
    expect(codeOf(() => remove(recorded))).toBe(code);
  }
  own[Symbol.dispose]();
});

test("case C1, kind: the caches of multus, cri-dockerd and podman without root are looked at, too", () => {
  using node = new Node();
  install(node.request("1"));
  const user = "run/user/1000/libpod/tmp/rootless-netns/var/lib/cni";
  for (const dir of ["var/lib/cni", "var/lib/cni/multus", "var/lib/cni/cache", user]) {
    cacheOfOldLibcni(node, dir, OLD_FILE);
    const cacheDirs = usualCacheDirs(node.home);
    expect(codeOf(() => remove(node, { cacheDirs }))).toBe(11);
    rmSync(join(node.home, dir, "results"), { recursive: true });
  }
  expect(codeOf(() => remove(node, { cacheDirs: usualCacheDirs(node.home) }))).toBeUndefined();
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
