import { expect } from "bun:test";
import { under } from "../../src/store/index.ts";
import type { ContractTest } from "./rig.ts";

export function rangeTests(contract: ContractTest): void {
  contract("a range goes from a key to the one before its end, in order", async (_, store) => {
    const names = ["p/b", "p/a/1", "p/a", "p0", "p", "o/z", "p/é", "p/z"];
    await store.transact(
      [],
      names.map((put) => ({ put, value: put })),
    );
    const { entries, more } = await store.read(under("p/"));
    expect(entries.map(({ key }) => key)).toEqual(["p/a", "p/a/1", "p/b", "p/z", "p/é"]);
    expect(more).toBe(false);
    expect(entries.every(({ key, value }) => key === value)).toBe(true);
  });

  contract("a limit divides it, and more says that there is more", async (_, store) => {
    await store.transact(
      [],
      ["p/1", "p/2", "p/3"].map((put) => ({ put, value: "" })),
    );
    const first = await store.read(under("p/", 2));
    expect([first.entries.map(({ key }) => key), first.more]).toEqual([["p/1", "p/2"], true]);
    const exact = await store.read(under("p/", 3));
    expect([exact.entries.length, exact.more]).toEqual([3, false]);
    const rest = await store.read({ from: "p/2\0", end: "p0", limit: 2 });
    expect([rest.entries.map(({ key }) => key), rest.more]).toEqual([["p/3"], false]);
  });

  contract("nothing is there where nothing was put", async (_, store) => {
    const { revision } = await store.identify();
    expect(await store.read({ key: "a" })).toEqual({ entries: [], revision, more: false });
    expect(await store.read({ from: "b", end: "a" })).toMatchObject({ entries: [], more: false });
  });

  contract("values are any text", async (_, store) => {
    const values = ["", "\0", "é€😀", '{"a":"\\n\n"}', "x".repeat(200_000)];
    for (const value of values) {
      await store.transact([], [{ put: "a", value }]);
      expect((await store.read({ key: "a" })).entries[0]?.value).toBe(value);
    }
  });

  contract("all clients see one engine, by one identity", async (rig, store) => {
    const { revision } = await store.transact([], [{ put: "a", value: "1" }]);
    const other = await rig.client().identify();
    expect(other).toEqual({ cluster: (await store.identify()).cluster, revision });
    expect(other.cluster).not.toBe("");
  });
}
