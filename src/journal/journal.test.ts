import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEntry } from "./entry.ts";
import { Journal } from "./index.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const BASE = { network: "dbnet", containerId: "c1", ifName: "eth0" };

function entry(plugin: string, ino = 7n, cookie = ino * 10n): NewEntry {
  const netns = { path: "/run/netns/blue", dev: 4n, ino, cookie };
  return { ...BASE, plugin, netns, cwd: "/", env: { CNI_IFNAME: "eth0" }, stdin: `{"t":"ü\n"}` };
}

function open(bootId = "boot"): Journal {
  const journal = new Journal(directory, bootId, "daemon");
  journal.create();
  return journal;
}

function plugins(journal: Journal): string[] {
  return journal.read(BASE).map(({ plugin }) => plugin);
}

test("what was added is read back by another process, in order, until it is deleted", () => {
  const journal = open();
  journal.added(entry("bridge"));
  journal.added(entry("portmap"));
  const other = open();
  expect(other.read(BASE)[0]).toEqual({ ...entry("bridge"), bootId: "boot" });
  expect(plugins(other)).toEqual(["bridge", "portmap"]);
  other.deleted(BASE, "portmap");
  expect(plugins(journal)).toEqual(["bridge"]);
  journal.deleted(BASE, "bridge");
  expect(journal.names()).toEqual([]);
});

test("a plugin that is twice in a chain is deleted twice", () => {
  const journal = open();
  for (const plugin of ["bridge", "tuning", "tuning"]) journal.added(entry(plugin));
  journal.deleted(BASE, "tuning");
  expect(plugins(journal)).toEqual(["bridge", "tuning"]);
  journal.deleted(BASE, "tuning");
  expect(plugins(journal)).toEqual(["bridge"]);
});

test("what was added in the container's earlier namespace is forgotten", () => {
  const journal = open();
  journal.added(entry("bridge", 7n));
  journal.added(entry("bridge", 8n));
  expect(journal.read(BASE).map(({ netns }) => netns.ino)).toEqual([8n]);
});

test("case S10, kind: an earlier namespace is told by its cookie when the later one has its number", () => {
  const journal = open();
  journal.added(entry("bridge", 7n, 70n));
  journal.added(entry("portmap", 7n, 71n));
  expect(plugins(journal)).toEqual(["portmap"]);
  journal.added(entry("tuning", 7n, 71n));
  expect(plugins(open())).toEqual(["portmap", "tuning"]);
});

test("a note without a cookie, of an earlier version or kernel, is read and added to", () => {
  const journal = open();
  const { cookie: _, ...netns } = entry("bridge").netns;
  journal.added({ ...entry("bridge"), netns });
  const later = open();
  expect(later.read(BASE)).toEqual([{ ...entry("bridge"), netns, bootId: "boot" }]);
  later.added(entry("portmap"));
  expect(plugins(journal)).toEqual(["bridge", "portmap"]);
  later.added(entry("bridge", 8n));
  expect(plugins(journal)).toEqual(["bridge"]);
});

test("a note whose cookie is no number is nothing", () => {
  const journal = open();
  journal.added(entry("bridge"));
  const path = join(journal.directory, journal.names()[0] ?? "");
  writeFileSync(path, readFileSync(path, "utf8").replace('"cookie":"70"', '"cookie":"x"'));
  expect(plugins(open())).toEqual([]);
});

test("what another boot wrote, torn lines and strangers' lines are nothing", () => {
  const journal = open();
  journal.added(entry("bridge"));
  const [name = ""] = journal.names();
  const path = join(journal.directory, name);
  appendFileSync(path, 'nonsense\n{"kind":"add","plugin":"x"}\n[]\n{"kind":"add","plu');
  expect(plugins(journal)).toEqual(["bridge"]);
  expect(open("later").read(BASE)).toEqual([]);
  writeFileSync(path, readFileSync(path).subarray(0, 40));
  expect(plugins(journal)).toEqual([]);
});

test("half a line takes no whole one with it", () => {
  open().added(entry("bridge"));
  const journal = open();
  const [name = ""] = journal.names();
  appendFileSync(join(journal.directory, name), '{"kind":"add","plu');
  journal.added(entry("portmap"));
  journal.added(entry("tuning"));
  expect(plugins(journal)).toEqual(["bridge", "portmap", "tuning"]);
});

test("what another process writes meanwhile counts", () => {
  const [daemon, other] = [open(), open()];
  daemon.added(entry("bridge"));
  other.added(entry("portmap"));
  daemon.deleted(BASE, "bridge");
  expect(plugins(daemon)).toEqual(["portmap"]);
  daemon.deleted(BASE, "tuning");
  expect(plugins(other)).toEqual(["portmap"]);
  other.deleted(BASE, "portmap");
  expect(daemon.names()).toEqual([]);
  daemon.deleted(BASE, "portmap");
  // Another life, begun by the other process and gone on with by the daemon.
  daemon.added(entry("bridge", 7n));
  other.added(entry("bridge", 8n));
  daemon.added(entry("portmap", 8n));
  daemon.deleted(BASE, "portmap");
  expect(plugins(daemon)).toEqual(["bridge"]);
  daemon.deleted(BASE, "bridge");
  expect(daemon.names()).toEqual([]);
});

test("an attachment that was removed by hand begins anew", () => {
  const journal = open();
  journal.added(entry("bridge"));
  rmSync(join(journal.directory, journal.names()[0] ?? ""));
  journal.added(entry("portmap"));
  expect(plugins(journal)).toEqual(["portmap"]);
  journal.deleted(BASE, "bridge");
  expect(plugins(journal)).toEqual(["portmap"]);
  journal.deleted(BASE, "portmap");
  expect(journal.names()).toEqual([]);
});

test("files are for root alone, and their names hold nothing of the caller's", () => {
  const journal = open();
  journal.added({ ...entry("bridge"), containerId: "../../etc/passwd" });
  const [name = ""] = journal.names();
  expect(name).toMatch(/^[0-9a-f]{32}\.jsonl$/u);
  expect(statSync(join(journal.directory, name)).mode & 0o777).toBe(0o600);
  expect(statSync(journal.directory).mode & 0o777).toBe(0o700);
});

test("an attachment that is made over and over does not make its file grow for ever", () => {
  const journal = open();
  const big = { ...entry("bridge"), stdin: "x".repeat(20_000) };
  journal.added(entry("portmap"));
  for (let time = 0; time < 50; time++) {
    journal.added(big);
    journal.deleted(BASE, "bridge");
  }
  const [name = ""] = journal.names();
  expect(statSync(join(journal.directory, name)).size).toBeLessThan(400_000);
});

test("what lives is kept when the file is written anew, however large it is", () => {
  const journal = open();
  const big = (plugin: string): NewEntry => ({
    ...entry(plugin),
    stdin: "x".repeat(150_000),
  });
  for (const plugin of ["bridge", "portmap", "tuning", "firewall"]) journal.added(big(plugin));
  expect(plugins(open())).toEqual(["bridge", "portmap", "tuning", "firewall"]);
  journal.deleted(BASE, "firewall");
  expect(plugins(open())).toEqual(["bridge", "portmap", "tuning"]);
});

test("the addresses of the first plugin's result are the attachment's until its last plugin goes", () => {
  const journal = open();
  for (const plugin of ["bridge", "portmap"]) {
    journal.added(entry(plugin));
    journal.attached(BASE, plugin, ["10.1.0.2/24"]);
  }
  expect(journal.read(BASE).map(({ addresses }) => addresses)).toEqual([
    ["10.1.0.2/24"],
    undefined,
  ]);
  journal.deleted(BASE, "bridge");
  expect(open().read(BASE)[0]?.addresses).toEqual(["10.1.0.2/24"]);
  open().deleted(BASE, "portmap");
  // An ADD that failed is nothing that happened.
  journal.added(entry("bridge"));
  journal.deleted(BASE, "bridge");
  expect(journal.history.all()).toMatchObject([
    { event: "attached", addresses: ["10.1.0.2/24"], netns: "/run/netns/blue" },
    { event: "detached", addresses: ["10.1.0.2/24"], netns: "/run/netns/blue" },
  ]);
});

for (const [name, text] of [
  ["case S19: newlines alone", "\n"],
  ["case S19, kind: lines that are no notes", 'x\n{"kind":"\n'],
  ["case S19, kind: lines that delete what was never added", '{"kind":"del","plugin":"x"}\n'],
] as const) {
  test(`${name} in a file of 24 MB take no time to read`, () => {
    const journal = open();
    journal.added(entry("bridge"));
    const path = join(journal.directory, journal.names()[0] ?? "");
    appendFileSync(path, text.repeat((24 << 20) / text.length));
    const before = process.cpuUsage().user;
    expect(plugins(open())).toEqual(["bridge"]);
    expect(process.cpuUsage().user - before).toBeLessThan(1_500_000);
    // The next note is not lost behind it.
    const later = open();
    later.added(entry("portmap"));
    expect(plugins(open())).toEqual(["bridge", "portmap"]);
    expect(statSync(path).size).toBeLessThan(10_000);
  });
}
