import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { addressesOf, Lab } from "../../../tests/support/host-local.ts";

/** Files that no call of the plugin made, or that another clock dated. */

const SUBNET = { subnet: "10.1.0.0/29" };

const PLANTS: readonly (readonly [string, (path: string, victim: string) => void])[] = [
  ["a link to another file", (path, victim) => symlinkSync(victim, path)],
  ["a link to nothing", (path) => symlinkSync("/nonexistent/file", path)],
  ["a pipe", (path) => void Bun.spawnSync(["mkfifo", path])],
  ["an endless device", (path) => symlinkSync("/dev/zero", path)],
  ["a directory", (path) => mkdirSync(join(path, "full"), { recursive: true })],
];

describe.each(PLANTS)("case S16: among its own files lies %s", (_name, plant) => {
  test.each([
    ["net1", "10.1.0.2", ["10.1.0.3"]],
    ["net1", "10.1.0.6", ["10.1.0.2"]],
    ["net1", "last_reserved_ip.0", ["10.1.0.2"]],
    ["net1", "lock", ["10.1.0.2"]],
    [".hawser", "net1", ["10.1.0.2"]],
    [".tmp", "net1", ["10.1.0.2"]],
  ])("as %s/%s: ADD, CHECK, DEL, GC work, and nothing else is written", async (dir, name, ips) => {
    using lab = new Lab();
    const victim = join(lab.dataDir, "victim");
    writeFileSync(victim, "precious", { mode: 0o600 });
    mkdirSync(join(lab.dataDir, dir), { recursive: true });
    plant(join(lab.dataDir, dir, name), victim);
    expect(addressesOf(await lab.add("cid1", SUBNET))).toEqual(ips);
    expect((await lab.check("cid1", SUBNET)).exitCode).toBe(0);
    expect((await lab.call({ operation: "STATUS", config: lab.config(SUBNET) })).exitCode).toBe(0);
    expect((await lab.del("cid1")).exitCode).toBe(0);
    const valid = { "cni.dev/valid-attachments": [] };
    const gc = await lab.call({ operation: "GC", config: lab.config(SUBNET, valid) });
    expect(gc.exitCode).toBe(0);
    expect(readFileSync(victim, "utf8")).toBe("precious");
    expect(statSync(victim).mode & 0o777).toBe(0o600);
    expect(existsSync("/nonexistent/file")).toBeFalse();
  });
});

test("case S18: an empty file whose time is to come is had by the call after the next", async () => {
  using lab = new Lab();
  const two = { ...SUBNET, rangeStart: "10.1.0.2", rangeEnd: "10.1.0.3" };
  mkdirSync(lab.directory);
  const path = join(lab.directory, "10.1.0.2");
  writeFileSync(path, "");
  const later = Date.now() / 1000 + 3600;
  utimesSync(path, later, later);
  expect(addressesOf(await lab.add("cid1", two))).toEqual(["10.1.0.3"]);
  expect(addressesOf(await lab.add("cid2", two))).toEqual(["10.1.0.2"]);
});

test("case S18, kind: GC, too, frees what was noted before the clock was set back", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  const path = join(lab.directory, "10.1.0.5");
  writeFileSync(path, "\0\0\0\0");
  utimesSync(path, 4_000_000_000, 4_000_000_000);
  const valid = { "cni.dev/valid-attachments": [{ containerID: "cid1", ifname: "eth0" }] };
  for (const left of [["10.1.0.2", "10.1.0.5"], ["10.1.0.2"]]) {
    await lab.call({ operation: "GC", config: lab.config(SUBNET, valid) });
    expect(lab.reservations()).toEqual(left);
  }
});

test("case S18, kind: CHECK and STATUS, which hold no lock, change no time", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  const path = join(lab.directory, "10.1.0.5");
  writeFileSync(path, "");
  utimesSync(path, 4_000_000_000, 4_000_000_000);
  rmSync(join(lab.dataDir, ".hawser"), { recursive: true, force: true });
  const narrow = { ...SUBNET, rangeStart: "10.1.0.5", rangeEnd: "10.1.0.5" };
  await lab.check("cid1", SUBNET);
  await lab.call({ operation: "STATUS", config: lab.config(narrow) });
  expect(statSync(path).mtimeMs).toBe(4_000_000_000_000);
});
