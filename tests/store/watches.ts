import { expect } from "bun:test";
import { type Store, under } from "../../src/store/index.ts";
import { type ContractRig, type ContractTest, faultOf } from "./rig.ts";
import { revisionOf, Watched } from "./watched.ts";

const WRITERS = 4;
const CHANGES = 40;
const KEYS_EACH = 3;

export function watchTests(contract: ContractTest): void {
  contract(
    "a watch tells what was changed before it began, and what is changed after",
    async (rig, store) => {
      const first = await store.transact([], [{ put: "p/a", value: "1" }]);
      await store.transact([], [{ put: "other", value: "" }]);
      const third = await store.transact(
        [],
        [
          { put: "p/a", value: "2" },
          { put: "p/b", value: "" },
        ],
      );
      await using watched = Watched.start(rig.client(), under("p/"), first.revision);
      await watched.reached(third.revision, rig.pass);
      const last = await store.transact([], [{ delete: "p/a" }, { put: "other", value: "2" }]);
      await watched.reached(last.revision, rig.pass);
      expect(watched.events).toEqual([
        { kind: "put", entry: { key: "p/a", value: "1", revision: first.revision } },
        { kind: "put", entry: { key: "p/a", value: "2", revision: third.revision } },
        { kind: "put", entry: { key: "p/b", value: "", revision: third.revision } },
        { kind: "deleted", key: "p/a", revision: last.revision },
      ]);
    },
  );

  contract("one of a single key, from the revision after a read", async (rig, store) => {
    await store.transact(
      [],
      [
        { put: "a", value: "1" },
        { put: "ab", value: "1" },
      ],
    );
    const { revision } = await store.read({ key: "a" });
    await using watched = Watched.start(store, { key: "a" }, revision + 1n);
    await store.transact([], [{ put: "ab", value: "2" }]);
    const { revision: last } = await store.transact([], [{ put: "a", value: "2" }]);
    await watched.reached(last, rig.pass);
    expect(watched.events).toEqual([
      { kind: "put", entry: { key: "a", value: "2", revision: last } },
    ]);
  });

  contract(
    "under load each change comes once, in order, and no revision is divided",
    async (rig, store) => {
      const { revision: begin } = await store.identify();
      await using quick = Watched.start(rig.client(), under("p/"), begin + 1n);
      await using slow = Watched.start(rig.client(), under("p/"), begin + 1n, 2);
      const last = await load(rig);
      await using late = Watched.start(store, under("p/"), begin + 1n);
      for (const watched of [quick, slow, late]) {
        await watched.reached(last, rig.pass);
        expect(watched.events).toHaveLength(WRITERS * CHANGES * KEYS_EACH);
        const revisions = watched.batches.map(({ events }) => [...new Set(events.map(revisionOf))]);
        const flat = revisions.flat();
        expect(flat).toEqual([...new Set(flat)].sort((a, b) => (a < b ? -1 : 1)));
        expect(flat).toHaveLength(WRITERS * CHANGES);
        for (const { events, revision } of watched.batches) {
          if (events.length > 0) expect(revision).toBe(events.map(revisionOf).at(-1) ?? 0n);
        }
      }
    },
  );
}

export function compactionTests(contract: ContractTest): void {
  contract("a revision that is compacted is one that no watch begins from", async (rig, store) => {
    const { revision: first } = await store.transact([], [{ put: "a", value: "1" }]);
    const { revision: second } = await store.transact([], [{ delete: "a" }]);
    const { revision: third } = await store.transact([], [{ put: "a", value: "3" }]);
    await rig.compact(second);
    for (const from of [1n, first, second]) {
      expect(await faultOf(one(store, from))).toBe("compacted");
    }
    await using watched = Watched.start(store, { key: "a" }, third);
    await watched.reached(third, rig.pass);
    expect(watched.events).toHaveLength(1);
  });

  contract("a watch goes on over a compaction", async (rig, store) => {
    const { revision } = await store.identify();
    await using watched = Watched.start(store, { key: "a" }, revision + 1n);
    const first = await store.transact([], [{ put: "a", value: "1" }]);
    await watched.reached(first.revision, rig.pass);
    await rig.compact(first.revision);
    const second = await store.transact([], [{ put: "a", value: "2" }]);
    await watched.reached(second.revision, rig.pass);
    expect(watched.events).toHaveLength(2);
  });

  contract("a watch ends with its signal", async (rig, store) => {
    const { revision } = await store.identify();
    const watched = Watched.start(store, { key: "a" }, revision + 1n);
    await rig.pass(50);
    await watched[Symbol.asyncDispose]();
    expect(watched.error).toBeUndefined();
  });
}

/** Several clients change keys of their own at once. Gives the last revision. */
async function load(rig: ContractRig): Promise<bigint> {
  const revisions = await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      const store = rig.client();
      let last = 0n;
      for (let change = 0; change < CHANGES; change++) {
        const changes = Array.from({ length: KEYS_EACH }, (__, key) => ({
          put: `p/${writer}/${key}`,
          value: String(change),
        }));
        last = (await store.transact([], changes)).revision;
      }
      return last;
    }),
  );
  return revisions.sort((a, b) => (a < b ? -1 : 1)).at(-1) ?? 0n;
}

async function one(store: Store, from: bigint): Promise<unknown> {
  for await (const batch of store.watch({ key: "a" }, from)) return batch;
  return undefined;
}
