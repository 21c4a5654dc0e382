import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { ownIdentity } from "../../locks/index.ts";
import { type Attachment, parseJson } from "../../spec/index.ts";
import { Cache } from "./cache.ts";
import type { CacheEntry } from "./entry.ts";
import { hashedName, plainName } from "./name.ts";
import { temporaryName } from "./temporary.ts";

let dir = "";
let warnings: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hawser-test-"));
  warnings = [];
});
afterEach(() => rmSync(dir, { recursive: true }));

const eth0: Attachment = { network: "net", containerId: "c1", ifName: "eth0" };

function entryOf(attachment: Attachment, more: Partial<CacheEntry> = {}): CacheEntry {
  return { attachment, netns: "", args: [], capabilityArgs: {}, ...more };
}

function open(): Cache {
  return new Cache(dir, { onWarning: (text) => warnings.push(text) });
}

function fileOf(attachment: Attachment): string {
  return join(dir, "results", plainName(attachment) ?? "");
}

function put(name: string, content: string): void {
  mkdirSync(join(dir, "results"), { recursive: true });
  writeFileSync(join(dir, "results", name), content);
}

describe("Cache", () => {
  test("R81 what is written is read, also by another process's eyes", () => {
    const entry = entryOf(eth0, {
      netns: "/run/netns/x",
      args: [["A", "B"]],
      capabilityArgs: { mac: "02:00:00:00:00:01" },
      config: '{"name":"net","plugins":[]}',
      result: { cniVersion: "1.1.0", ips: [] },
      bootId: "b",
      createdAt: "2026-01-01T00:00:00Z",
    });
    open().write(entry);
    expect(open().read(eth0)).toEqual(entry);
    expect(open().list()).toEqual([entry]);
  });

  test("the file has libcni's name and keys, so that libcni reads it", () => {
    open().write(
      entryOf(eth0, { netns: "/n", args: [["A", "B"]], config: "{}", result: { dns: {} } }),
    );
    expect(JSON.parse(readFileSync(fileOf(eth0), "utf8"))).toEqual({
      kind: "cniCacheV1",
      containerId: "c1",
      config: Buffer.from("{}").toString("base64"),
      ifName: "eth0",
      networkName: "net",
      netns: "/n",
      cniArgs: [["A", "B"]],
      result: { dns: {} },
      hawser: {},
    });
  });

  test("directories are for their owner only, and so are files", () => {
    open().write(entryOf(eth0));
    expect(statSync(join(dir, "results")).mode & 0o777).toBe(0o700);
    expect(statSync(fileOf(eth0)).mode & 0o777).toBe(0o600);
  });

  test("numbers keep their digits", () => {
    const capabilityArgs = parseJson('{"big":12345678901234567890,"one":1.0}');
    open().write(entryOf(eth0, { capabilityArgs: capabilityArgs as CacheEntry["capabilityArgs"] }));
    expect(readFileSync(fileOf(eth0), "utf8")).toContain('{"big":12345678901234567890,"one":1.0}');
    expect(open().read(eth0)?.capabilityArgs).toEqual(capabilityArgs as never);
  });

  test("nothing but the file is left of a write, and nothing at all of a removal", () => {
    const cache = open();
    cache.write(entryOf(eth0));
    cache.write(entryOf(eth0, { result: {} }));
    expect(readdirSync(join(dir, "hawser-tmp"))).toEqual([]);
    cache.remove(eth0);
    cache.remove(eth0);
    expect(readdirSync(join(dir, "results"))).toEqual([]);
    expect(cache.read(eth0)).toBeUndefined();
  });

  test("libcni's own file is read", () => {
    const file = {
      kind: "cniCacheV1",
      containerId: "c1",
      config: Buffer.from('{"x":1}').toString("base64"),
      ifName: "eth0",
      networkName: "net",
      netns: "/run/n",
      cniArgs: [["K", "V"]],
      capabilityArgs: { mac: "m" },
      result: { cniVersion: "1.0.0" },
    };
    put("net-c1-eth0", JSON.stringify(file));
    expect(open().read(eth0)).toEqual(
      entryOf(eth0, {
        netns: "/run/n",
        args: [["K", "V"]],
        capabilityArgs: { mac: "m" },
        config: '{"x":1}',
        result: { cniVersion: "1.0.0" },
      }),
    );
  });

  test("libcni's older file, a result alone, is read but not listed", () => {
    put("net-c1-eth0", '{"cniVersion":"0.3.1","ips":[]}');
    expect(open().read(eth0)?.result).toEqual({ cniVersion: "0.3.1", ips: [] });
    expect(open().list()).toEqual([]);
    open().remove(eth0);
    expect(existsSync(fileOf(eth0))).toBe(false);
  });

  const whole = JSON.stringify({ kind: "cniCacheV1", networkName: "net", config: "e30=" });
  test.each([
    ["empty", ""],
    ["cut off", whole.slice(0, 30)],
    ["filled with zeros", "\0".repeat(100)],
    ["cut off and filled with zeros", `${whole.slice(0, 30)}${"\0".repeat(30)}`],
    ["of another kind", '{"kind":"other"}'],
    ["no object", "[1]"],
    ["an object without a result's keys", '{"a":1}'],
    ["of wrong types", '{"kind":"cniCacheV1","cniArgs":"x"}'],
    ["of wrong pairs", '{"kind":"cniCacheV1","cniArgs":[["a"]]}'],
    ["of a wrong result", '{"kind":"cniCacheV1","result":[]}'],
  ])("a file that is %s is set aside and counts as absent", (_, content) => {
    put("net-c1-eth0", content);
    const cache = open();
    expect(cache.list()).toEqual([]);
    expect(cache.read(eth0)).toBeUndefined();
    expect(existsSync(fileOf(eth0))).toBe(false);
    const [aside, ...others] = readdirSync(join(dir, "hawser-quarantine"));
    expect(others).toEqual([]);
    expect(aside).toEndWith("-net-c1-eth0");
    expect(readFileSync(join(dir, "hawser-quarantine", aside ?? ""), "utf8")).toBe(content);
    expect(warnings).toHaveLength(1);
    cache.write(entryOf(eth0, { result: {} }));
    expect(cache.read(eth0)?.result).toEqual({});
  });

  test("a directory, a named pipe and a dangling link in the place do no harm", () => {
    const results = join(dir, "results");
    mkdirSync(fileOf(eth0), { recursive: true });
    expect(open().read(eth0)).toBeUndefined();
    spawnSync("mkfifo", [fileOf(eth0)]);
    expect(open().read(eth0)).toBeUndefined();
    expect(readdirSync(results)).toEqual([]);
    symlinkSync("/nonexistent", fileOf(eth0));
    expect(open().read(eth0)).toBeUndefined();
    open().write(entryOf(eth0, { result: {} }));
    expect(open().read(eth0)?.result).toEqual({});
  });

  const first: Attachment = { network: "a-b", containerId: "c", ifName: "eth0" };
  const second: Attachment = { network: "a", containerId: "b-c", ifName: "eth0" };

  test("D21 attachments whose plain names are the same do not touch each other", () => {
    const cache = open();
    cache.write(entryOf(first, { netns: "/first" }));
    cache.write(entryOf(second, { netns: "/second" }));
    expect(cache.read(first)?.netns).toBe("/first");
    expect(cache.read(second)?.netns).toBe("/second");
    expect(cache.list()).toHaveLength(2);
    cache.remove(first);
    expect(cache.read(first)).toBeUndefined();
    expect(cache.read(second)?.netns).toBe("/second");
    cache.write(entryOf(second, { netns: "/moved" }));
    expect(readdirSync(join(dir, "results"))).toEqual(["a-b-c-eth0"]);
    expect(cache.read(second)?.netns).toBe("/moved");
  });

  test("D21 another attachment's file of libcni is neither read, overwritten nor removed", () => {
    const file = JSON.stringify({
      kind: "cniCacheV1",
      networkName: "a",
      containerId: "b-c",
      ifName: "eth0",
    });
    put("a-b-c-eth0", file);
    const cache = open();
    expect(cache.read(first)).toBeUndefined();
    cache.write(entryOf(first));
    cache.remove(first);
    expect(readFileSync(join(dir, "results", "a-b-c-eth0"), "utf8")).toBe(file);
    expect(existsSync(join(dir, "results", hashedName(first)))).toBe(false);
  });

  test("D21 a name too long for a file still has its entry", () => {
    const long = { network: "n".repeat(200), containerId: "c".repeat(100), ifName: "eth0" };
    open().write(entryOf(long, { netns: "/long" }));
    expect(open().read(long)?.netns).toBe("/long");
    open().remove(long);
    expect(readdirSync(join(dir, "results"))).toEqual([]);
  });

  test("D21 any sequence of writes and removals leaves exactly what was left written", () => {
    const part = fc.constantFrom("a", "a-a", "a-a-a");
    const attachment = fc.record({ network: part, containerId: part, ifName: part });
    const action = fc.tuple(attachment, fc.boolean());
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
        rmSync(join(dir, "results"), { recursive: true, force: true });
        const cache = open();
        const expected = new Set<string>();
        for (const [one, isWrite] of actions) {
          const key = JSON.stringify([one.network, one.containerId, one.ifName]);
          if (isWrite) {
            cache.write(entryOf(one));
            expected.add(key);
          } else {
            cache.remove(one);
            expected.delete(key);
          }
        }
        const left = cache
          .list()
          .map(({ attachment: { network, containerId, ifName } }) =>
            JSON.stringify([network, containerId, ifName]),
          );
        expect(left.sort()).toEqual([...expected].sort());
      }),
      { numRuns: 50 },
    );
  });

  test("a failed write throws, leaves the old entry, and leaves nothing aside", () => {
    const cache = open();
    cache.write(entryOf(eth0, { netns: "/old" }));
    rmSync(join(dir, "hawser-tmp"), { recursive: true });
    writeFileSync(join(dir, "hawser-tmp"), "in the way");
    expect(() => cache.write(entryOf(eth0, { netns: "/new" }))).toThrow();
    expect(cache.read(eth0)?.netns).toBe("/old");
  });

  test("with fsync it works the same", () => {
    const cache = new Cache(dir, { fsync: true });
    cache.write(entryOf(eth0, { netns: "/n" }));
    expect(cache.read(eth0)?.netns).toBe("/n");
  });

  test("what a killed writer left is removed at once, what a living one writes stays", () => {
    open().write(entryOf(eth0));
    const own = ownIdentity("t");
    const { pid } = Bun.spawnSync(["true"]);
    const dead = join(dir, "hawser-tmp", temporaryName({ ...own, pid }, "1"));
    const living = join(dir, "hawser-tmp", temporaryName(own, "2"));
    for (const path of [dead, living]) writeFileSync(path, "{");
    open().tidy();
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(living)).toBe(true);
  });

  test("what nobody knows the writer of is removed after an hour", () => {
    open().write(entryOf(eth0));
    const fresh = join(dir, "hawser-tmp", "fresh");
    const old = join(dir, "hawser-tmp", "old");
    writeFileSync(fresh, "");
    writeFileSync(old, "");
    const hoursAgo = Date.now() / 1000 - 7200;
    utimesSync(old, hoursAgo, hoursAgo);
    open().tidy();
    expect(existsSync(fresh)).toBe(true);
    expect(existsSync(old)).toBe(false);
  });

  test("a missing directory has no entries, an unreadable one is an error", () => {
    expect(open().list()).toEqual([]);
    writeFileSync(join(dir, "results"), "");
    expect(() => open().list()).toThrow("ENOTDIR");
    chmodSync(dir, 0o700);
  });
});
