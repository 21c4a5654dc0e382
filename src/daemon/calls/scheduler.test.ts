import { expect, test } from "bun:test";
import { rejection } from "../../../tests/support/rejection.ts";
import {
  type CallBounds,
  CallScheduler,
  type CallScope,
  type Outcome,
  type Patience,
} from "./scheduler.ts";

const MANY: CallBounds = { running: 100, ofNetwork: 100, ofDelegate: 100, ofContainer: 100 };
const SCOPE: CallScope = { container: "", network: "net", collects: false };

/** Calls whose ends the test decides. */
class Play {
  readonly scheduler: CallScheduler;
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(bounds: Partial<CallBounds> = {}) {
    this.scheduler = new CallScheduler({ ...MANY, ...bounds });
  }

  call(name: string, scope: Partial<CallScope>, patience: Patience = {}): Promise<Outcome> {
    const work = async (): Promise<void> => {
      this.begun.push(name);
      await new Promise<void>((resolve) => this.#ends.set(name, resolve));
    };
    return this.scheduler.run({ ...SCOPE, ...scope }, work, patience);
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await Bun.sleep(0);
  }
}

test("calls of one container follow one another, whatever the network", async () => {
  const play = new Play();
  void play.call("add", { container: "a", network: "one" });
  void play.call("del", { container: "a", network: "two" });
  void play.call("again", { container: "a", network: "one" });
  void play.call("other", { container: "b", network: "one" });
  await Bun.sleep(0);
  expect(play.begun).toEqual(["add", "other"]);
  await play.end("add");
  expect(play.begun).toEqual(["add", "other", "del"]);
  await play.end("del");
  expect(play.begun).toEqual(["add", "other", "del", "again"]);
});

test("GC waits for the calls of its network, and those that come later wait for it", async () => {
  const play = new Play();
  void play.call("add a", { container: "a" });
  void play.call("gc", { collects: true });
  void play.call("add b", { container: "b" });
  void play.call("elsewhere", { container: "c", network: "other" });
  void play.call("gc elsewhere", { collects: true, network: "third" });
  await Bun.sleep(0);
  expect(play.begun).toEqual(["add a", "elsewhere", "gc elsewhere"]);
  await play.end("add a");
  expect(play.begun.at(-1)).toBe("gc");
  await play.end("gc");
  expect(play.begun.at(-1)).toBe("add b");
});

test("no more than the limit run at a time, and a call that fails gives its place back", async () => {
  const play = new Play({ running: 2 });
  void play.call("a", { container: "a" });
  const failing = play.scheduler.run({ container: "x", network: "", collects: false }, () =>
    Promise.reject(new Error("broken")),
  );
  void play.call("b", { container: "b" });
  void play.call("c", { container: "c" });
  expect([play.scheduler.running, play.scheduler.waiting]).toEqual([2, 2]);
  expect(await rejection(failing)).toMatchObject({ message: "broken" });
  await Bun.sleep(0);
  expect(play.begun).toEqual(["a", "b"]);
  await play.end("a");
  expect(play.begun).toEqual(["a", "b", "c"]);
  await play.end("b");
  await play.end("c");
  expect([play.scheduler.running, play.scheduler.waiting]).toEqual([0, 0]);
});

test("calls without a container do not wait for one another", async () => {
  const play = new Play();
  void play.call("status", {});
  void play.call("status too", {});
  await Bun.sleep(0);
  expect(play.begun).toEqual(["status", "status too"]);
});

/** Longer than a group counts as stuck. */
const STUCK = 1300;
const CAN_RETURN: Patience = { canReturn: true };

test("case S5: calls that do not end leave places to other networks, and theirs are returned", async () => {
  const play = new Play({ running: 4, ofNetwork: 2 });
  for (const name of ["one", "two"]) void play.call(name, { network: "stuck" }, CAN_RETURN);
  const waiting = play.call("three", { network: "stuck" }, CAN_RETURN);
  void play.call("healthy", { network: "other" }, CAN_RETURN);
  await Bun.sleep(0);
  expect(play.begun).toEqual(["one", "two", "healthy"]);
  expect(await waiting).toBe("returned");
  // The network is known to be stuck by now, so that the next call does not even wait.
  const before = performance.now();
  expect(await play.call("four", { network: "stuck" }, CAN_RETURN)).toBe("returned");
  expect(performance.now() - before).toBeLessThan(STUCK / 10);
  await play.end("one");
  void play.call("five", { network: "stuck" }, CAN_RETURN);
  await Bun.sleep(0);
  expect(play.begun.at(-1)).toBe("five");
});

test("case S5, kind: a delegate that hangs takes no more places than its own, over all networks", async () => {
  const play = new Play({ running: 4, ofDelegate: 2 });
  for (const network of ["a", "b"]) void play.call(network, { network, delegate: "hangs" });
  const third = play.call("c", { network: "c", delegate: "hangs" }, CAN_RETURN);
  void play.call("d", { network: "d", delegate: "works" }, CAN_RETURN);
  await Bun.sleep(0);
  expect(play.begun).toEqual(["a", "b", "d"]);
  expect(await third).toBe("returned");
});

test("case S5, kind: a network that goes on is no stuck one, however many calls it has", async () => {
  const play = new Play({ ofNetwork: 1 });
  const names = Array.from({ length: 8 }, (_, at) => `call ${at}`);
  const ends = names.map((name) => play.call(name, {}, CAN_RETURN));
  for (const name of names) {
    await Bun.sleep(STUCK / 5);
    await play.end(name);
  }
  expect(await Promise.all(ends)).toEqual(names.map(() => "done"));
}, 20_000);

test("a caller that has gone leaves the queue, and the calls behind it do not wait for it", async () => {
  const play = new Play();
  const gone = new AbortController();
  void play.call("first", { container: "a" });
  const second = play.call("second", { container: "a" }, { signal: gone.signal });
  void play.call("third", { container: "a" });
  gone.abort();
  expect(await second).toBe("left");
  expect(play.scheduler.waiting).toBe(1);
  await play.end("first");
  expect(play.begun).toEqual(["first", "third"]);
  await play.end("third");
  expect([play.scheduler.running, play.scheduler.waiting]).toEqual([0, 0]);
});

test("of one container only so many calls wait, and a GC waits as long as it takes", async () => {
  const play = new Play({ ofContainer: 2 });
  void play.call("first", { container: "a" }, CAN_RETURN);
  void play.call("second", { container: "a" }, CAN_RETURN);
  expect(await play.call("third", { container: "a" }, CAN_RETURN)).toBe("returned");
  const gc = play.call("gc", { collects: true }, CAN_RETURN);
  await Bun.sleep(STUCK);
  await play.end("first");
  await play.end("second");
  expect(play.begun).toEqual(["first", "second", "gc"]);
  await play.end("gc");
  expect(await gc).toBe("done");
});
