import { describe, expect, test } from "bun:test";
import { type Batch, StoreError, under } from "../../src/store/index.ts";
import { DirectStore } from "./direct-store.ts";
import { Engine } from "./engine.ts";
import { Timeline } from "./timeline.ts";

function world(): { timeline: Timeline; engine: Engine; store: DirectStore } {
  const timeline = new Timeline();
  const engine = new Engine(timeline);
  return { timeline, engine, store: new DirectStore(engine) };
}

describe("the engine in memory", () => {
  test("compares revisions, and changes all or nothing", async () => {
    const { store } = world();
    const first = await store.transact([{ key: "a", is: "absent" }], [{ put: "a", value: "1" }]);
    expect(first).toEqual({ done: true, revision: 2n, found: [] });
    const late = await store.transact(
      [{ key: "a", revision: 1n }],
      [{ put: "a", value: "2" }, { delete: "b" }],
    );
    expect(late.done).toBe(false);
    expect(late.found).toEqual([{ key: "a", value: "1", revision: 2n }]);
    const { entries } = await store.read({ key: "a" });
    expect(entries.map(({ value }) => value)).toEqual(["1"]);
  });

  test("reads a range in order, up to the limit", async () => {
    const { store } = world();
    await store.transact(
      [],
      ["p/c", "p/a", "q", "p/b"].map((put) => ({ put, value: "" })),
    );
    const { entries, more } = await store.read(under("p/", 2));
    expect([entries.map(({ key }) => key), more]).toEqual([["p/a", "p/b"], true]);
  });

  test("a lease ends with its keys, unless it is renewed", async () => {
    const { timeline, store } = world();
    const lease = await store.grant(10);
    await store.transact([], [{ put: "a", value: "", lease }]);
    timeline.runUntil(9000);
    expect(await store.renew(lease)).toBe(true);
    timeline.runUntil(18_000);
    expect((await store.read({ key: "a" })).entries).toHaveLength(1);
    timeline.runUntil(20_000);
    expect((await store.read({ key: "a" })).entries).toEqual([]);
    expect(await store.renew(lease)).toBe(false);
  });

  test("a watch gets each change once, from its revision on", async () => {
    const { store, engine } = world();
    await store.transact([], [{ put: "a", value: "1" }]);
    await store.transact([], [{ put: "a", value: "2" }]);
    const end = new AbortController();
    const seen: Batch[] = [];
    const watching = (async () => {
      for await (const batch of store.watch({ key: "a" }, 3n, end)) seen.push(batch);
    })();
    await store.transact([], [{ put: "b", value: "" }]);
    await store.transact([], [{ delete: "a" }]);
    await Bun.sleep(0);
    end.abort();
    await watching;
    expect(seen.map(({ revision }) => revision)).toEqual([3n, 5n]);
    engine.compact();
    const late = (async () => {
      for await (const _ of store.watch({ key: "a" }, 3n)) break;
    })();
    expect(await late.catch((error: unknown) => error)).toBeInstanceOf(StoreError);
  });

  test("a backup brings back keys, leases and the revision", async () => {
    const { store, engine, timeline } = world();
    const lease = await store.grant(10);
    await store.transact([], [{ put: "a", value: "", lease }]);
    const backup = engine.backup();
    await store.transact([], [{ put: "b", value: "" }]);
    engine.restore(backup);
    expect(engine.revision).toBe(2n);
    expect([...engine.entries.keys()]).toEqual(["a"]);
    timeline.runUntil(10_000);
    expect([...engine.entries.keys()]).toEqual([]);
  });

  test("a full engine still deletes", async () => {
    const { store, engine } = world();
    await store.transact([], [{ put: "a", value: "" }]);
    engine.isFull = true;
    const put = store.transact([], [{ put: "a", value: "2" }]);
    expect(await put.catch((error: unknown) => (error as StoreError).fault)).toBe("full");
    expect((await store.transact([], [{ delete: "a" }])).done).toBe(true);
  });
});
