import { expect } from "bun:test";
import { type ContractTest, faultOf } from "./rig.ts";

const MOST_OPERATIONS = 128;
const CLIENTS = 4;
const TURNS = 10;

export function conditionTests(contract: ContractTest): void {
  contract(
    "all changes are made, with one revision, when all conditions hold",
    async (_, store) => {
      const before = await store.identify();
      const first = await store.transact(
        [
          { key: "a", is: "absent" },
          { key: "b", is: "absent" },
        ],
        [
          { put: "a", value: "1" },
          { put: "b", value: "2" },
        ],
      );
      expect(first).toMatchObject({ done: true, found: [] });
      expect(first.revision).toBeGreaterThan(before.revision);
      const { entries } = await store.read({ from: "a", end: "z" });
      expect(entries.map(({ key, value }) => [key, value])).toEqual([
        ["a", "1"],
        ["b", "2"],
      ]);
      expect(entries.map(({ revision }) => revision)).toEqual([first.revision, first.revision]);
    },
  );

  contract(
    "nothing is changed when one does not, and what stands there is told",
    async (_, store) => {
      const { revision } = await store.transact([], [{ put: "a", value: "1" }]);
      const second = await store.transact(
        [
          { key: "a", revision },
          { key: "a", is: "present" },
          { key: "b", is: "present" },
        ],
        [{ put: "a", value: "2" }, { delete: "c" }],
      );
      expect(second.done).toBe(false);
      expect(second.revision).toBeGreaterThanOrEqual(revision);
      expect(second.found).toEqual([{ key: "a", value: "1", revision }]);
      const third = await store.transact(
        [{ key: "a", revision: revision + 1n }],
        [{ delete: "a" }],
      );
      expect(third.done).toBe(false);
      expect((await store.read({ key: "a" })).entries).toHaveLength(1);
    },
  );

  contract("a revision is that of the key's last change", async (_, store) => {
    const first = await store.transact([], [{ put: "a", value: "1" }]);
    const second = await store.transact(
      [{ key: "a", revision: first.revision }],
      [{ put: "a", value: "1" }],
    );
    await store.transact([], [{ put: "b", value: "" }]);
    expect(second.done).toBe(true);
    const late = await store.transact([{ key: "a", revision: first.revision }], [{ delete: "a" }]);
    expect(late).toMatchObject({ done: false, found: [{ revision: second.revision }] });
    const gone = await store.transact([{ key: "a", revision: second.revision }], [{ delete: "a" }]);
    expect(gone.done).toBe(true);
    const again = await store.transact([{ key: "a", is: "absent" }], [{ put: "a", value: "2" }]);
    expect(again.revision).toBeGreaterThan(gone.revision);
  });
}

export function refusalTests(contract: ContractTest): void {
  contract("a transaction without changes tells whether its conditions hold", async (_, store) => {
    const { revision } = await store.transact([], [{ put: "a", value: "" }]);
    expect((await store.transact([{ key: "a", is: "present" }], [])).done).toBe(true);
    expect((await store.transact([{ key: "a", is: "absent" }], [])).done).toBe(false);
    expect((await store.identify()).revision).toBe(revision);
  });

  contract("a deletion of what is not there changes nothing", async (_, store) => {
    const { revision } = await store.identify();
    expect(await store.transact([], [{ delete: "a" }])).toMatchObject({ done: true, revision });
  });

  contract("what is too large, or changes a key twice, is refused whole", async (_, store) => {
    const twice = store.transact(
      [],
      [
        { put: "a", value: "1" },
        { put: "a", value: "2" },
      ],
    );
    expect(await faultOf(twice)).toBe("refused");
    const many = Array.from({ length: MOST_OPERATIONS + 1 }, (__, index) => ({
      put: `k${index}`,
      value: "",
    }));
    expect(await faultOf(store.transact([], many))).toBe("refused");
    expect(await faultOf(store.transact([], [{ put: "b", value: "x".repeat(2_000_000) }]))).toBe(
      "refused",
    );
    expect((await store.read({ from: "a", end: "z" })).entries).toEqual([]);
  });
}

export function concurrencyTests(contract: ContractTest): void {
  contract(
    "of clients that change one key at once, each change of one is seen by the others",
    async (rig) => {
      const stores = Array.from({ length: CLIENTS }, () => rig.client());
      await stores[0]?.transact([], [{ put: "count", value: "0" }]);
      await Promise.all(
        stores.map(async (store) => {
          for (let turn = 0; turn < TURNS; ) {
            const [entry] = (await store.read({ key: "count" })).entries;
            if (entry === undefined) throw new Error("the key is gone");
            const { done } = await store.transact(
              [{ key: "count", revision: entry.revision }],
              [{ put: "count", value: String(Number(entry.value) + 1) }],
            );
            if (done) turn++;
          }
        }),
      );
      const snapshot = await stores[0]?.read({ key: "count" });
      expect(snapshot?.entries[0]?.value).toBe(String(CLIENTS * TURNS));
    },
  );

  contract("a call whose signal is aborted ends, and says so", async (_, store) => {
    const signal = AbortSignal.abort();
    expect(await faultOf(store.read({ key: "a" }, { signal }))).toBe("aborted");
    expect(await faultOf(store.transact([], [{ put: "a", value: "" }], { signal }))).toBe(
      "aborted",
    );
    expect((await store.read({ key: "a" })).entries).toEqual([]);
  });
}
