import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CacheMemory, cachedFiles } from "./index.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cached-"));
  mkdirSync(join(dir, "results"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(containerId: string, netns = "/run/netns/x"): void {
  const entry = { kind: "cniCacheV1", containerId, ifName: "eth0", networkName: "net", netns };
  writeFileSync(join(dir, "results", `net-${containerId}-eth0`), JSON.stringify(entry));
}

function netnsOf(memory: CacheMemory): (string | undefined)[] {
  return [...cachedFiles(dir, memory)].map(({ attachment }) => attachment?.netns);
}

/** Longer than two changes can have one time. */
async function waitUntilOld(): Promise<void> {
  await Bun.sleep(2100);
}

test("a file that is as it was is not read anew, one that was changed is", async () => {
  put("a");
  put("b");
  await waitUntilOld();
  const memory: CacheMemory = new Map();
  const first = [...cachedFiles(dir, memory)];
  const second = [...cachedFiles(dir, memory)];
  expect(second).toHaveLength(2);
  for (const [at, file] of second.entries()) expect(file).toBe(first[at] as (typeof first)[number]);
  put("b", "/run/netns/y");
  expect(netnsOf(memory)).toEqual(["/run/netns/x", "/run/netns/y"]);
});

test("a change of the same size counts, though its time of change was set back", async () => {
  put("a", "/run/netns/x");
  utimesSync(join(dir, "results", "net-a-eth0"), 1, 1);
  await waitUntilOld();
  const memory: CacheMemory = new Map();
  expect(netnsOf(memory)).toEqual(["/run/netns/x"]);
  put("a", "/run/netns/z");
  utimesSync(join(dir, "results", "net-a-eth0"), 1, 1);
  expect(netnsOf(memory)).toEqual(["/run/netns/z"]);
});

test("what was just written is read at each look, and what is gone is forgotten", () => {
  put("a");
  const memory: CacheMemory = new Map();
  for (const netns of ["/run/netns/1", "/run/netns/2", "/run/netns/3"]) {
    put("a", netns);
    expect(netnsOf(memory)).toEqual([netns]);
  }
  rmSync(join(dir, "results", "net-a-eth0"));
  expect(netnsOf(memory)).toEqual([]);
  expect(memory.get(dir)?.size).toBe(0);
});
