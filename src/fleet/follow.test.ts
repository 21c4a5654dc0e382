import { describe, expect, test } from "bun:test";
import { DirectStore } from "../../tests/simulation/direct-store.ts";
import { CONFIG, Rig } from "../../tests/support/fleet-rig.ts";
import { Ip, Mac, Prefix } from "../addr/index.ts";
import { type Batch, type Keys, StoreError } from "../store/index.ts";
import { type FleetPeer, type FleetView, followFleet, isInDoubt } from "./index.ts";

/** Follows a fleet as node "me"; peers as the overlay of that node would have them. */
function follow(rig: Rig, store = new DirectStore(rig.engine)) {
  const peers = new Map<string, FleetPeer>();
  const calls: string[][] = [];
  const views = new Set<FleetView>();
  const end = new AbortController();
  const changed = (view: FleetView, nodes: ReadonlySet<string>): void => {
    calls.push([...nodes].sort());
    views.add(view);
    for (const node of nodes) {
      const peer = view.peer(node);
      if (peer === undefined) peers.delete(node);
      else peers.set(node, peer);
    }
  };
  const clock = {
    now: () => rig.timeline.now(),
    boot: "",
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        rig.timeline.after(ms, resolve);
        signal?.addEventListener("abort", () => resolve());
      }),
  };
  const reports: string[] = [];
  const options = { config: CONFIG, store, clock, chance: () => 0.5, changed };
  void followFleet({ ...options, report: ({ text }) => reports.push(text) }, end.signal);
  rig.wait(0);
  return {
    peers,
    calls,
    end,
    reports,
    /** Each reading's. */
    get views() {
      return [...views];
    },
  };
}

function node(underlay: string, gateways: readonly string[], more: object = {}): object {
  return { epoch: 1, session: "s", version: "1", underlay, gateways, ...more };
}

const owned = (prefix: string, id: string) => ({ parts: [{ prefix, node: id, epoch: 1 }] });

describe("a reading of a fleet", () => {
  test("is made anew when the store answers from before in the middle of it", () => {
    const rig = new Rig();
    rig.put("node/a", node("192.0.2.1", []));
    const store = new DirectStore(rig.engine);
    const read = store.read.bind(store);
    let isOld = true;
    store.read = async (keys, options) => {
      const snapshot = await read(keys, options);
      const isBlocks = "from" in keys && keys.from.includes("/block/");
      if (!isBlocks || !isOld) return snapshot;
      isOld = false;
      return { ...snapshot, entries: [], revision: snapshot.revision - 1n };
    };
    rig.put("block/4/0a2a0000", { parts: [{ prefix: "10.42.0.0/28", node: "a", epoch: 1 }] });
    const { peers, reports } = follow(rig, store);
    rig.wait(1000);
    expect(reports.join()).toMatch(/read anew: the store has gone back to revision \d+/u);
    expect(peers.get("a")?.prefixes.join()).toBe("10.42.0.0/28");
  });
});

describe("a fleet that is followed", () => {
  test("gives each node with what it holds, in as few prefixes as possible", () => {
    const rig = new Rig();
    rig.put("node/a", node("192.0.2.1", ["10.42.0.1"], { mac: "02:00:00:00:00:01" }));
    rig.put("block/4/0a2a0000", owned("10.42.0.0/28", "a"));
    rig.put("block/4/0a2a0010", owned("10.42.0.16/28", "a"));
    rig.put("node/idle", node("192.0.2.9", []));
    const { peers } = follow(rig);
    expect(Object.fromEntries(peers)).toEqual({
      a: {
        node: "a",
        underlay: Ip.parse("192.0.2.1"),
        mac: Mac.parse("02:00:00:00:00:01"),
        gateways: [Ip.parse("10.42.0.1")],
        prefixes: [Prefix.parse("10.42.0.0/27")],
      },
    });
  });

  test("tells of each change which nodes it is about", () => {
    const rig = new Rig();
    rig.put("node/a", node("192.0.2.1", []));
    rig.put("node/b", node("192.0.2.2", []));
    const { peers, calls } = follow(rig);
    rig.put("block/4/0a2a0000", owned("10.42.0.0/28", "a"));
    rig.wait(0);
    expect(peers.get("a")?.prefixes.map(String)).toEqual(["10.42.0.0/28"]);
    rig.put("block/4/0a2a0000", owned("10.42.0.0/28", "b"));
    rig.wait(0);
    expect(peers.has("a")).toBe(false);
    expect(peers.get("b")?.prefixes.map(String)).toEqual(["10.42.0.0/28"]);
    expect(calls).toEqual([["a", "b"], ["a"], ["a", "b"]]);
  });

  test("tells whether it gives a node what the node's picture says", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const { views } = follow(rig);
    const inDoubt = (): boolean[] =>
      views.map((view) => a.picture !== undefined && isInDoubt(view, a.picture));
    expect(inDoubt()).toEqual([false]);
    const [key = ""] = rig.keys("block/");
    rig.engine.transact([], [{ delete: `/hawser/1/pods/${key}` }]);
    rig.wait(0);
    expect(inDoubt()).toEqual([true]);
  });

  test("takes no notice of what is no record of a fleet", () => {
    const rig = new Rig();
    rig.put("node/a", node("192.0.2.1", []));
    rig.put("block/4/0a2a0001", owned("10.42.0.1/32", "a"));
    rig.put("block/4/0a2a0010", owned("10.42.0.0/28", "a"));
    rig.put("block/x", "what is this");
    rig.put("node/b", "what is this");
    expect(follow(rig).peers.size).toBe(0);
  });

  test("is read anew when the watch has lost its place: what happened meanwhile is not missed", () => {
    const rig = new Rig();
    rig.put("node/a", node("192.0.2.1", []));
    rig.put("node/b", node("192.0.2.2", []));
    rig.put("block/4/0a2a0000", owned("10.42.0.0/28", "a"));
    const store = new Breaking(rig.engine);
    const { peers, reports } = follow(rig, store);
    expect([...peers.keys()]).toEqual(["a"]);
    store.break();
    rig.engine.transact([], [{ delete: "/hawser/1/pods/block/4/0a2a0000" }]);
    rig.put("block/4/0a2a0010", owned("10.42.0.16/28", "b"));
    rig.engine.compact();
    rig.wait(1000);
    expect([...peers.keys()]).toEqual(["b"]);
    expect(reports[0]).toMatch(/is read anew/u);
  });

  test("is read anew when the store went back, although no watch says so", () => {
    const rig = new Rig();
    rig.put("node/a", node("192.0.2.1", []));
    rig.put("node/b", node("192.0.2.2", []));
    rig.put("block/4/0a2a0000", owned("10.42.0.0/28", "a"));
    const backup = rig.engine.backup();
    rig.put("block/4/0a2a0000", owned("10.42.0.0/28", "b"));
    const { peers } = follow(rig);
    expect([...peers.keys()]).toEqual(["b"]);
    rig.engine.restore(backup);
    rig.wait(60_000);
    expect([...peers.keys()]).toEqual(["a"]);
  });

  test("is read anew when the store went back and has caught up: the fleet has gone on since", () => {
    const rig = new Rig();
    rig.put("fleet", { generation: 0 });
    rig.put("node/a", node("192.0.2.1", []));
    rig.put("block/4/0a2a0000", owned("10.42.0.0/28", "a"));
    const backup = rig.engine.backup();
    rig.put("block/4/0a2a0020", owned("10.42.0.32/28", "a"));
    const { peers } = follow(rig);
    rig.engine.restore(backup);
    rig.put("block/4/0a2a0010", owned("10.42.0.16/28", "a"));
    rig.put("fleet", { generation: 1 });
    rig.wait(60_000);
    expect(peers.get("a")?.prefixes.join()).toBe("10.42.0.0/27");
  });

  test("is not read anew because its first node sets it up", () => {
    const rig = new Rig();
    const { peers, reports } = follow(rig);
    rig.put("fleet", { generation: 0 });
    rig.put("node/a", node("192.0.2.1", []));
    rig.put("block/4/0a2a0000", owned("10.42.0.0/28", "a"));
    rig.wait(60_000);
    expect([...peers.keys()]).toEqual(["a"]);
    expect(reports).toEqual([]);
    rig.put("fleet", { generation: 1 });
    rig.wait(60_000);
    expect(reports[0]).toMatch(/is read anew/u);
  });

  test("ends with its signal", async () => {
    const rig = new Rig();
    const { end, calls } = follow(rig);
    end.abort();
    rig.wait(1000);
    rig.put("node/a", node("192.0.2.1", []));
    rig.wait(1000);
    expect(calls).toEqual([[]]);
  });
});

/** An engine whose watches end by a fault at a word. */
class Breaking extends DirectStore {
  #breaks: (() => void)[] = [];

  break(): void {
    for (const each of this.#breaks.splice(0)) each();
  }

  override async *watch(
    keys: Keys,
    from: bigint,
    options?: { signal?: AbortSignal },
  ): AsyncIterable<Batch> {
    const broken = new Promise<"broken">((resolve) => this.#breaks.push(() => resolve("broken")));
    const batches = super.watch(keys, from, options)[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([batches.next(), broken]);
      if (next === "broken") throw new StoreError("compacted", "the revision is compacted");
      if (next.done) return;
      yield next.value;
    }
  }
}
