import { expect, test } from "bun:test";
import { rejection } from "../../../tests/support/rejection.ts";
import { CallScheduler, type CallScope } from "./scheduler.ts";

/** Calls whose ends the test decides. */
class Play {
  readonly scheduler: CallScheduler;
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(limit = 100) {
    this.scheduler = new CallScheduler(limit);
  }

  call(name: string, scope: Partial<CallScope>): Promise<void> {
    const whole = { container: "", network: "net", collects: false, ...scope };
    return this.scheduler.run(whole, async () => {
      this.begun.push(name);
      await new Promise<void>((resolve) => this.#ends.set(name, resolve));
    });
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
  const play = new Play(2);
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
