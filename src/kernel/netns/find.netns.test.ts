import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs } from "../../../tests/support/needs.ts";
import { createNetns, deleteNetns, findNetns, isOwnPath, leadsTo, Netns } from "./index.ts";

const cookies = needs("kernel:netns-cookie");
let directory = "";
let path = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "netns-"));
  path = join(directory, "blue and \\ green");
  createNetns(path);
});
afterEach(() => {
  if (existsSync(path)) deleteNetns(path);
  rmSync(directory, { recursive: true });
});

test("a namespace is found by its mount, then by a process, and then not at all", async () => {
  using netns = Netns.open(path);
  expect(findNetns(netns)).toBe(path);
  const inside = netns.run(() => Bun.spawn(["sleep", "60"]));
  deleteNetns(path);
  expect(findNetns(netns)).toBe(`/proc/${inside.pid}/ns/net`);
  inside.kill();
  await inside.exited;
  expect(findNetns(netns)).toBeUndefined();
});

test("a path leads to a namespace or to another", () => {
  using netns = Netns.open(path);
  using current = Netns.current();
  const link = join(directory, "link");
  symlinkSync(path, link);
  expect([leadsTo(link, netns), leadsTo(link, current)]).toEqual([true, false]);
  deleteNetns(path);
  expect([leadsTo(link, netns), leadsTo(path, netns)]).toEqual([false, false]);
});

cookies("a namespace has a cookie, another one another, and each keeps its own", () => {
  using netns = Netns.open(path);
  using again = Netns.open(path);
  using current = Netns.current();
  expect(netns.cookie).toBeGreaterThan(0n);
  expect(again.cookie).toBe(netns.cookie);
  expect(current.cookie).not.toBe(netns.cookie);
});

cookies("a path does not lead to the namespace that had its number before", () => {
  using netns = Netns.open(path);
  const { dev, ino, cookie = 0n } = netns;
  expect(leadsTo(path, { dev, ino, cookie })).toBe(true);
  expect(leadsTo(path, { dev, ino, cookie: cookie + 1n })).toBe(false);
  expect(findNetns({ dev, ino, cookie: cookie + 1n })).toBeUndefined();
});

test("paths of /proc/self are each process's own", () => {
  const own = ["/proc/self/ns/net", "/proc/thread-self/fd/9", "/proc/self", "/proc//./self/fd/9"];
  for (const path of [...own, "/dev/fd/9", "/dev/stdin"]) {
    expect([path, isOwnPath(path)]).toEqual([path, true]);
  }
  for (const other of ["/proc/1/ns/net", "/proc/selfish", "/run/netns/self", "self", "/dev/fdx"]) {
    expect([other, isOwnPath(other)]).toEqual([other, false]);
  }
});
