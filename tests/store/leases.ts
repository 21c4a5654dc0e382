import { expect } from "bun:test";
import { type ContractTest, faultOf } from "./rig.ts";
import { Watched } from "./watched.ts";

/** Short, and not shorter than etcd grants. */
const SECONDS = 2;
const MS = 1000;

export function leaseTests(contract: ContractTest): void {
  contract("a lease that ends takes its keys with it, and no others", async (rig, store) => {
    const lease = await store.grant(SECONDS);
    const long = await store.grant(SECONDS * 100);
    await store.transact(
      [],
      [
        { put: "a", value: "", lease },
        { put: "b", value: "", lease: long },
        { put: "c", value: "" },
        { put: "d", value: "", lease },
      ],
    );
    const [leased] = (await store.read({ key: "a" })).entries;
    expect(leased?.lease).toBe(lease);
    // A later change without the lease takes a key out of it.
    await store.transact([], [{ put: "d", value: "stays" }]);
    await until(rig.pass, async () => (await store.read({ key: "a" })).entries.length === 0);
    const { entries } = await store.read({ from: "a", end: "z" });
    expect(entries.map(({ key }) => key)).toEqual(["b", "c", "d"]);
    expect(entries[2]?.lease).toBeUndefined();
    expect(await store.renew(lease)).toBe(false);
    expect(await store.renew(long)).toBe(true);
  });

  contract("one that is renewed stays", async (rig, store) => {
    const lease = await store.grant(SECONDS);
    await store.transact([], [{ put: "a", value: "", lease }]);
    for (let turn = 0; turn < 6; turn++) {
      await rig.pass((SECONDS * MS) / 4);
      expect(await store.renew(lease)).toBe(true);
    }
    expect((await store.read({ key: "a" })).entries).toHaveLength(1);
  });

  contract("one that is revoked ends at once; twice does no harm", async (rig, store) => {
    const lease = await store.grant(SECONDS * 100);
    await store.transact([], [{ put: "a", value: "", lease }]);
    await rig.client().revoke(lease);
    expect((await store.read({ key: "a" })).entries).toEqual([]);
    await store.revoke(lease);
    expect(await store.renew(lease)).toBe(false);
    const late = store.transact(
      [],
      [
        { put: "a", value: "", lease },
        { put: "b", value: "" },
      ],
    );
    expect(await faultOf(late)).toBe("refused");
    expect((await store.read({ from: "a", end: "z" })).entries).toEqual([]);
  });

  contract("watches hear that a lease has taken its keys", async (rig, store) => {
    const lease = await store.grant(SECONDS);
    const put = await store.transact(
      [],
      [
        { put: "a", value: "", lease },
        { put: "b", value: "", lease },
      ],
    );
    await using watched = Watched.start(rig.client(), { from: "a", end: "z" }, put.revision + 1n);
    await until(rig.pass, async () => watched.events.length === 2);
    expect(
      watched.events.map((event) => (event.kind === "deleted" ? event.key : "put")).sort(),
    ).toEqual(["a", "b"]);
  });
}

/** Lets time go by until something is so. */
async function until(
  pass: (ms: number) => Promise<void>,
  isSo: () => Promise<boolean>,
): Promise<void> {
  for (let waited = 0; !(await isSo()); waited += 200) {
    // A lease may last longer than it was granted for, and etcd looks now and then.
    if (waited > 10 * SECONDS * MS) throw new Error("it never came to that");
    await pass(200);
  }
}
