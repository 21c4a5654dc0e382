import { expect, test } from "bun:test";
import type { JournalEntry } from "../../journal/index.ts";
import { Reconciler } from "./reconciler.ts";

/** A namespace that no process of the machine can be in. */
const GONE: JournalEntry = {
  ...{ network: "dbnet", containerId: "c1", ifName: "eth0", plugin: "bridge", bootId: "boot" },
  ...{ cwd: "/", env: {}, stdin: "{}" },
  netns: { path: "/run/netns/never-made", dev: 4n, ino: 1n, cookie: 1n },
};

test("a note that cannot be read for want of a descriptor is kept, and read by the next pass", async () => {
  let isShort = true;
  const dropped: string[] = [];
  const removed: string[] = [];
  const reconciler = new Reconciler({
    journal: {
      names: () => ["a.jsonl"],
      readFile: () => {
        if (isShort) throw Object.assign(new Error("EMFILE"), { code: "EMFILE" });
        return [GONE];
      },
      drop: (name) => void dropped.push(name),
    },
    ...{ removes: true, onPass: () => undefined, onFound: () => undefined },
    intervalMs: 1,
    graceMs: 0,
    del: ({ plugin }, isWanted) => {
      if (isWanted()) removed.push(plugin);
      return Promise.resolve(true);
    },
    onReconciled: () => undefined,
    onFailed: (error) => {
      throw error;
    },
  });
  await reconciler.look();
  expect([dropped, removed]).toEqual([[], []]);
  isShort = false;
  await reconciler.look();
  expect([dropped, removed]).toEqual([[], ["bridge"]]);
});

test("a note without entries of this boot is dropped", async () => {
  const dropped: string[] = [];
  const reconciler = new Reconciler({
    journal: {
      names: () => ["a.jsonl"],
      readFile: () => [],
      drop: (name) => void dropped.push(name),
    },
    ...{ removes: true, onPass: () => undefined, onFound: () => undefined },
    ...{ intervalMs: 1, graceMs: 0, del: () => Promise.resolve(true) },
    ...{ onReconciled: () => undefined, onFailed: () => undefined },
  });
  await reconciler.look();
  expect(dropped).toEqual(["a.jsonl"]);
});
