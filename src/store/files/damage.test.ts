import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultOf } from "../../../tests/store/rig.ts";
import { StoreError, under } from "../index.ts";
import { FileStore } from "./index.ts";
import { encodeLine } from "./line.ts";

let directory = "";
let log = "";
let snapshot = "";

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "store-"));
  log = join(directory, "log-1");
  snapshot = join(directory, "snapshot");
  await using store = FileStore.open(directory);
  for (let count = 1; count <= 5; count++) {
    await store.transact([], [{ put: `k${count}`, value: `value ${count}` }]);
  }
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function keys(): Promise<string[]> {
  await using store = FileStore.open(directory);
  return (await store.read(under("k"))).entries.map(({ key }) => key);
}

async function error(): Promise<unknown> {
  return await keys().catch((reason: unknown) => reason);
}

const ALL = ["k1", "k2", "k3", "k4", "k5"];

describe("what a crash leaves at the end of the log was never answered", () => {
  test.each([
    ["half a line", () => appendFileSync(log, '00000000 {"revision":7,"chan')],
    ["a line with a wrong checksum", () => appendFileSync(log, '00000000 {"ended":"a"}\n')],
    ["blocks of zeros", () => appendFileSync(log, `${"\0".repeat(4096)}\n\0`)],
    ["half a character", () => appendFileSync(log, new Uint8Array([0xe2, 0x82]))],
  ])("%s", async (_, spoil) => {
    const { size } = statSync(log);
    spoil();
    expect(await keys()).toEqual(ALL);
    expect(statSync(log).size).toBe(size);
    await using store = FileStore.open(directory);
    await store.transact([], [{ put: "k6", value: "" }]);
    expect(await keys()).toEqual([...ALL, "k6"]);
  });

  test("a line that was cut short takes its change with it, and no other", async () => {
    truncateSync(log, statSync(log).size - 3);
    expect(await keys()).toEqual(ALL.slice(0, 4));
  });

  test("a snapshot that was being written is begun anew", async () => {
    writeFileSync(`${snapshot}.new`, "half");
    writeFileSync(join(directory, "log-2"), "half");
    await using store = FileStore.open(directory);
    await store.compact(3n);
    expect(await keys()).toEqual(ALL);
    expect(readdirSync(directory).sort()).toEqual(["log-2", "machine", "snapshot"]);
  });
});

describe("damage is named, and nothing is made worse", () => {
  test.each<readonly [string, () => void, RegExp]>([
    ["a byte in the middle of the log", () => flip(log, 20), /log-1 is damaged: line 1 .*backup/],
    ["a byte of the snapshot", () => flip(snapshot, 30), /snapshot is damaged: its checksum/],
    ["an empty snapshot", () => truncateSync(snapshot, 0), /snapshot is damaged/],
    ["no snapshot", () => unlinkSync(snapshot), /snapshot is damaged: it is gone/],
    [
      "a giant log",
      () => truncateSync(log, 2 ** 40),
      /log-1 is damaged: it has 1099511627776 bytes/,
    ],
    ["no log", () => unlinkSync(log), /log-1/],
    [
      "a change that is not the next",
      () => appendFileSync(log, encodeLine({ revision: 99, changes: [{ delete: "k1" }] })),
      /a change does not follow the one before/,
    ],
    [
      "a link in place of the log",
      () => {
        cpSync(log, `${log}.theirs`);
        unlinkSync(log);
        symlinkSync(`${log}.theirs`, log);
      },
      /is no regular file/,
    ],
  ])("%s", async (_, spoil, text) => {
    spoil();
    const before = readdirSync(directory).sort();
    const found = await error();
    expect(found).toBeInstanceOf(StoreError);
    expect(String(found)).toMatch(text);
    expect(["wrong answer", "unreachable"]).toContain((found as StoreError).fault);
    expect(readdirSync(directory).sort()).toEqual(before);
  });

  test("a directory that is none", async () => {
    await using store = FileStore.open(log);
    expect(await faultOf(store.identify())).toBe("unreachable");
  });
});

test("what was put back from a backup is not believed until it is asked who it is", async () => {
  await using store = FileStore.open(directory);
  const backup = mkdtempSync(join(tmpdir(), "backup-"));
  const before = await store.identify();
  cpSync(directory, backup, { recursive: true });
  await store.transact([], [{ delete: "k1" }]);
  rmSync(directory, { recursive: true });
  cpSync(backup, directory, { recursive: true });
  expect(await faultOf(store.read({ key: "k1" }))).toBe("wrong answer");
  expect(await store.identify()).toEqual(before);
  expect((await store.read({ key: "k1" })).entries).toHaveLength(1);
  rmSync(directory, { recursive: true });
  expect(await faultOf(store.transact([], [{ put: "k1", value: "" }]))).toBe("wrong answer");
  expect((await store.identify()).cluster).not.toBe(before.cluster);
  rmSync(backup, { recursive: true });
});

test("a lease of an earlier start of the machine has ended", async () => {
  const lease = { id: "old", seconds: 1000, boot: "another", endsAt: 2 ** 50 };
  appendFileSync(log, encodeLine({ lease }));
  const changes = [{ put: "k9", value: "", lease: "old" }];
  appendFileSync(log, encodeLine({ revision: 7, changes }));
  await using store = FileStore.open(directory);
  expect(await store.renew("old")).toBe(false);
  expect(await keys()).toEqual(ALL);
});

test("the log does not grow for ever, and a watch goes on over its end", async () => {
  await using store = FileStore.open(directory);
  await using other = FileStore.open(directory);
  const ending = new AbortController();
  const seen: bigint[] = [];
  const { revision } = await store.identify();
  const watching = (async () => {
    for await (const batch of other.watch({ key: "big" }, revision + 1n, ending)) {
      if (batch.events.length > 0) seen.push(batch.revision);
    }
  })();
  for (let count = 0; count < 40; count++) {
    const put = await store.transact([], [{ put: "big", value: String(count).repeat(50_000) }]);
    while (seen.at(-1) !== put.revision) await Bun.sleep(1);
  }
  ending.abort();
  await watching;
  expect(seen).toHaveLength(40);
  const bytes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
  expect(Math.max(...bytes)).toBeLessThan(3 * 1024 * 1024);
  expect(readFileSync(snapshot, "utf8")).toContain('"generation"');
});

test("files are for their owner alone", () => {
  for (const name of readdirSync(directory)) {
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  }
  chmodSync(directory, 0o700);
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
