import { expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import {
  entryProgram,
  Node,
  networkText,
  programText,
  SOME_PLUGINS,
} from "../../tests/support/installation.ts";
import { CniError } from "../spec/index.ts";
import { type Commands, type InstallReport, install, planned, uninstall } from "./index.ts";

const ALL = [".hawser-installed.json", "bridge", "hawser", "host-local", "loopback"];

function fates({ files }: InstallReport): Record<string, string> {
  return Object.fromEntries(files.map(({ path, fate }) => [basename(path), fate] as const));
}

function refusal(action: () => unknown): CniError {
  try {
    action();
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

test("an empty node gets the executable, links to it, and the configuration", () => {
  using node = new Node();
  const umask = process.umask(0o077);
  const report = install(node.request("1"));
  process.umask(umask);
  expect(fates(report)).toEqual({
    hawser: "new",
    bridge: "new",
    "host-local": "new",
    loopback: "new",
    "10-node.conflist": "new",
  });
  expect(report.files.at(-1)?.path).toBe(node.conflist);
  expect(node.names()).toEqual([...ALL, "10-node.conflist"]);
  expect(node.read("hawser")).toBe(programText("1"));
  expect(statSync(node.bin("hawser")).mode & 0o777).toBe(0o755);
  expect(readlinkSync(node.bin("bridge"))).toBe("hawser");
  expect(readFileSync(node.conflist, "utf8")).toBe(networkText("1"));
  expect(statSync(node.conflist).mode & 0o777).toBe(0o644);
});

test("the manifest lists each file with its digest or target, and none twice", () => {
  using node = new Node();
  install(node.request("1"));
  const manifest = JSON.parse(node.read(".hawser-installed.json")) as {
    files: { path: string; sha256?: string; mode?: string; link?: string }[];
  };
  const digest = new Bun.CryptoHasher("sha256").update(programText("1")).digest("hex");
  expect(manifest.files).toEqual([
    { path: "hawser", role: "executable", sha256: digest, mode: "755" },
    ...SOME_PLUGINS.map((path) => ({ path, role: "plugin", link: "hawser" })),
    {
      path: node.conflist,
      role: "network",
      sha256: new Bun.CryptoHasher("sha256").update(networkText("1")).digest("hex"),
      mode: "644",
    },
  ] as typeof manifest.files);
  expect(manifest).not.toHaveProperty("before");
});

test("case D2: the entry program comes out of the executable; without one there are links, and that is said", () => {
  using node = new Node();
  expect(install(node.request("1", { entry: entryProgram("entry program") })).notes).toEqual([]);
  expect(node.read("bridge")).toBe("entry program");
  expect(lstatSync(node.bin("bridge")).isSymbolicLink()).toBe(false);
  expect(statSync(node.bin("bridge")).mode & 0o777).toBe(0o755);

  using other = new Node();
  const { notes } = install(other.request("1"));
  expect(readlinkSync(other.bin("bridge"))).toBe("hawser");
  expect(notes.join()).toContain("never ask the daemon");
});

test("case D2, kind: an update without an entry program keeps those that are there", () => {
  using node = new Node();
  install(node.request("1", { entry: entryProgram("entry program") }));
  const updated = install(node.request("2"));
  expect(fates(updated)).toMatchObject({ hawser: "updated", bridge: "unchanged" });
  expect(updated.notes).toEqual([]);
  expect(node.read("bridge")).toBe("entry program");
  // What is removed comes as a link, since there is nothing else.
  rmSync(node.bin("bridge"));
  install(node.request("3"));
  expect(readlinkSync(node.bin("bridge"))).toBe("hawser");
  expect(node.read("loopback")).toBe("entry program");
  install(node.request("4", { entry: entryProgram("the next one") }));
  expect(SOME_PLUGINS.map((name) => node.read(name))).toEqual(
    SOME_PLUGINS.map(() => "the next one"),
  );
});

test("a second run finds nothing to do, and writes nothing", () => {
  using node = new Node();
  install(node.request("1"));
  const inodes = (): bigint[] => ALL.map((name) => lstatSync(node.bin(name), { bigint: true }).ino);
  const before = inodes();
  expect(new Set(Object.values(fates(install(node.request("1")))))).toEqual(new Set(["unchanged"]));
  expect(inodes()).toEqual(before);
});

test("an update replaces what is Hawser's; who holds the old file keeps it", () => {
  using node = new Node();
  install(node.request("1"));
  const held = openSync(node.bin("hawser"), "r");
  const report = install(node.request("2"));
  expect(fates(report)).toMatchObject({ hawser: "updated", bridge: "unchanged" });
  expect(node.read("hawser")).toBe(programText("2"));
  expect(readFileSync(held, "utf8")).toBe(programText("1"));
  closeSync(held);
  expect(readFileSync(node.conflist, "utf8")).toBe(networkText("2"));
});

test("the installed executable keeps the entry programs when it installs itself", () => {
  using node = new Node();
  const request = node.request("1", { entry: entryProgram("entry program") });
  install(request);
  const again = install({ ...request, program: node.bin("hawser") });
  expect(new Set(Object.values(fates(again)))).toEqual(new Set(["unchanged"]));
  expect(node.read("bridge")).toBe("entry program");
});

test("a plugin of others is kept, and said", () => {
  using node = new Node();
  node.addForeign("bridge");
  const report = install(node.request("1"));
  expect(fates(report)).toMatchObject({ bridge: "kept", loopback: "new" });
  expect(report.notes.join()).toContain(`kept: ${node.bin("bridge")}`);
  expect(node.read("bridge")).toBe("#!/bin/sh\necho foreign bridge\n");
});

test("with replace a plugin of others is put aside, links too", () => {
  using node = new Node();
  node.addForeign("bridge");
  symlinkSync("bridge", node.bin("loopback"));
  const report = install(node.request("1", { replace: true }));
  expect(fates(report)).toMatchObject({ bridge: "replaced", loopback: "replaced" });
  expect(readlinkSync(node.bin("bridge"))).toBe("hawser");
  expect(node.read(".bridge.hawser-aside")).toBe("#!/bin/sh\necho foreign bridge\n");
  expect(readlinkSync(node.bin(".loopback.hawser-aside"))).toBe("bridge");
});

test("what somebody has changed since is theirs", () => {
  using node = new Node();
  install(node.request("1"));
  // As the package of the reference plugins does it.
  writeFileSync(node.bin("host-local.new"), "theirs");
  mkdirSync(join(node.home, "x"));
  Bun.spawnSync(["mv", node.bin("host-local.new"), node.bin("host-local")]);
  expect(fates(install(node.request("2")))).toMatchObject({ "host-local": "kept" });
  expect(node.read("host-local")).toBe("theirs");
});

test("an executable or a configuration of others stops it before anything is touched", () => {
  using node = new Node();
  node.addForeign("hawser", "somebody's");
  mkdirSync(node.confDir);
  writeFileSync(node.conflist, "{}");
  const before = node.names();
  const error = refusal(() => install(node.request("1")));
  expect(error.code).toBe(5);
  expect(error.msg).toContain(`${node.bin("hawser")}, ${node.conflist}`);
  expect(error.details).toContain("--replace");
  expect(node.names()).toEqual(before);
  expect(node.read("hawser")).toBe("somebody's");
});

test("a directory in the way is named, and nothing is touched", () => {
  using node = new Node();
  mkdirSync(node.bin("bridge"), { recursive: true });
  const error = refusal(() => install(node.request("1", { replace: true })));
  expect(error.msg).toContain(`${node.bin("bridge")} is no file`);
  expect(node.names()).toEqual(["bridge"]);
});

test("a wrong mode is put right", () => {
  using node = new Node();
  install(node.request("1"));
  chmodSync(node.bin("hawser"), 0o644);
  expect(fates(install(node.request("1")))).toMatchObject({ hawser: "updated" });
  expect(statSync(node.bin("hawser")).mode & 0o777).toBe(0o755);
});

test("a configuration is judged before anything is touched", () => {
  using node = new Node();
  const request = node.request("1");
  writeFileSync(join(request.conflist ?? "", "../bad.conflist"), '{"name":"x","plugins":[{}]}');
  const bad = { ...request, conflist: join(request.conflist ?? "", "../bad.conflist") };
  expect(refusal(() => install(bad)).code).toBe(7);
  expect(refusal(() => install({ ...request, conflist: "/nowhere/x.conf" })).code).toBe(7);
  expect(existsSync(node.binDir)).toBe(false);
});

test("comments in a configuration are for people, and not installed", () => {
  using node = new Node();
  const request = node.request("1");
  writeFileSync(request.conflist ?? "", `// ours\n${networkText("1")}`);
  install(request);
  expect(JSON.parse(readFileSync(node.conflist, "utf8"))).toEqual(JSON.parse(networkText("1")));
});

test("a network that comes first, and a plugin that is nowhere, are said", () => {
  using node = new Node();
  mkdirSync(node.confDir);
  writeFileSync(join(node.confDir, "05-other.conf"), "{}");
  const entry = entryProgram("entry program");
  const { notes } = install(node.request("1", { plugins: ["loopback"], entry }));
  expect(notes).toEqual([
    `nodenet names plugins that ${node.binDir} lacks: bridge, host-local`,
    `runtimes that take the first network take ${join(node.confDir, "05-other.conf")}`,
  ]);
});

/** Commands below a prefix in the node's home. */
function commandsOf(node: Node): Commands {
  const texts = { "share/man/man1/hawser.1": "a manual page" };
  return { prefix: join(node.home, "local"), links: ["hawser", "cnitool"], texts };
}

test("case D5: commands and manual are put where a shell finds them, and go with the rest", () => {
  using node = new Node();
  const commands = commandsOf(node);
  const below = (path: string): string => join(commands.prefix, path);
  expect(fates(install(node.request("1", { commands })))).toMatchObject({
    cnitool: "new",
    "hawser.1": "new",
  });
  for (const name of commands.links) {
    expect(readlinkSync(below(`bin/${name}`))).toBe(node.bin("hawser"));
  }
  expect(readFileSync(below("share/man/man1/hawser.1"), "utf8")).toBe("a manual page");
  // A call that does not speak of them leaves them.
  install(node.request("2"));
  expect(existsSync(below("bin/cnitool"))).toBe(true);
  const { binDir, home, stateDir } = node;
  uninstall({ binDir, cacheDirs: [home], stateDir, force: false, dryRun: false });
  expect(readdirSync(below("bin"))).toEqual([]);
  expect(readdirSync(below("share/man/man1"))).toEqual([]);
});

test("case D5, kind: another program's cnitool is kept and said, or put aside until the end", () => {
  using node = new Node();
  const commands = commandsOf(node);
  const theirs = join(commands.prefix, "bin/cnitool");
  mkdirSync(join(theirs, ".."), { recursive: true });
  writeFileSync(theirs, "theirs");
  const kept = install(node.request("1", { commands }));
  expect(fates(kept)).toMatchObject({ cnitool: "kept", hawser: "new" });
  expect(kept.notes.join()).toContain(`kept: ${theirs}`);
  expect(fates(install(node.request("1", { commands, replace: true })))).toMatchObject({
    cnitool: "replaced",
  });
  const { binDir, home, stateDir } = node;
  uninstall({ binDir, cacheDirs: [home], stateDir, force: false, dryRun: false });
  expect(readFileSync(theirs, "utf8")).toBe("theirs");
});

test("a plugin that a later version has no more goes, and what it had replaced is back", () => {
  using node = new Node();
  node.addForeign("bridge");
  install(node.request("1", { replace: true }));
  const report = install(node.request("2", { plugins: ["host-local"] }));
  expect(fates(report)).toMatchObject({ bridge: "restored", loopback: "removed" });
  expect(node.read("bridge")).toContain("foreign bridge");
  expect(node.names()).not.toContain("loopback");
  expect(node.names()).not.toContain(".bridge.hawser-aside");
});

test("configuration and units stay when a later call does not speak of them", () => {
  using node = new Node();
  install(node.request("1", { unitDir: node.unitDir }));
  const { conflist: _, ...request } = node.request("2");
  install(request);
  expect(readFileSync(node.conflist, "utf8")).toBe(networkText("1"));
  expect(node.read(".hawser-installed.json")).toContain(join(node.unitDir, "hawser.service"));
  expect(node.read(".hawser-installed.json")).toContain(node.conflist);
});

test("a dry run says the same and touches nothing", () => {
  using node = new Node();
  const said = planned(node.request("1"));
  expect(node.names()).toEqual([]);
  expect(said).toEqual(install(node.request("1")));
  node.addForeign("vlan");
  const before = node.names();
  const plugins = ["bridge", "vlan"];
  const again = planned(node.request("2", { plugins, replace: true }));
  expect(fates(again)).toMatchObject({ vlan: "replaced", loopback: "removed", hawser: "updated" });
  expect(node.names()).toEqual(before);
  expect(again).toEqual(install(node.request("2", { plugins, replace: true })));
});

test("sources are no executable that could be installed", () => {
  using node = new Node();
  const error = refusal(() => install(node.request("1", { program: import.meta.path })));
  expect(error.msg).toContain("no executable that can be installed");
});

test("unfinished files of a killed run are removed, and a damaged manifest is named", () => {
  using node = new Node();
  install(node.request("1"));
  writeFileSync(node.bin(".hawser-new-0123456789ab"), "half");
  install(node.request("2"));
  expect(node.names()).toEqual([...ALL, "10-node.conflist"]);
  writeFileSync(
    node.bin(".hawser-installed.json"),
    '{"format":1,"hawser":"1","files":[{"path":".."}]}',
  );
  expect(refusal(() => install(node.request("2"))).msg).toContain("no list of installed files");
});

test("an installation waits for nobody: another at work is code 11", async () => {
  using node = new Node();
  install(node.request("1"));
  const { lockDirectories } = await import("./lock.ts");
  using _lock = lockDirectories([node.binDir]);
  expect(refusal(() => install(node.request("2"))).code).toBe(11);
  expect(node.read("hawser")).toBe(programText("1"));
});
