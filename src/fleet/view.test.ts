import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { FleetKeys } from "./keys.ts";
import { FleetView } from "./view.ts";

const KEYS = 100_000;
const MOST_BYTES = 4 * 1024 * 1024;

/** Bytes in use after a collection of garbage. */
function used(): number {
  Bun.gc(true);
  return heapStats().heapSize;
}

test("of keys that are gone nothing stays, whoever wrote them", () => {
  const keys = new FleetKeys("pods");
  const view = new FleetView(keys, []);
  const before = used();
  for (let at = 0; at < KEYS; at++) {
    const key = `${at % 2 === 0 ? keys.nodes : keys.blocks}${"x".repeat(100)}${at}`;
    const revision = BigInt(2 * at + 1);
    view.apply({ kind: "put", entry: { key, value: "what is this", revision } });
    view.apply({ kind: "deleted", key, revision: revision + 1n });
  }
  expect(view.foreign.size).toBe(0);
  expect(used() - before).toBeLessThan(MOST_BYTES);
  expect(view.nodes.size).toBe(0);
});

test("an event of before the reading changes nothing", () => {
  const keys = new FleetKeys("pods");
  const view = new FleetView(keys, []);
  const record = { epoch: 2, session: "s", gateways: [], version: "1" };
  const put = (epoch: number, revision: bigint): ReadonlySet<string> =>
    view.apply({
      kind: "put",
      entry: { key: keys.node("a"), value: JSON.stringify({ ...record, epoch }), revision },
    });
  expect([...put(2, 9n)]).toEqual(["a"]);
  expect([...put(1, 8n)]).toEqual([]);
  expect([...view.apply({ kind: "deleted", key: keys.node("a"), revision: 7n })]).toEqual([]);
  expect(view.nodes.get("a")?.epoch).toBe(2);
});
