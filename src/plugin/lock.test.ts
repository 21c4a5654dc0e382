import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError } from "../spec/index.ts";
import { definePlugin } from "./definition.ts";
import { type Locked, type LockScope, makeLocked } from "./lock.ts";
import { tryPlugin } from "./try.ts";

const root = mkdtempSync(join(tmpdir(), "hawser-lock-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let directory = "";
beforeEach(() => {
  directory = join(mkdtempSync(join(root, "of-")), "locks");
});

const said: string[] = [];
function lockedFor(
  network: string,
  containerId: string,
  signal: AbortSignal = new AbortController().signal,
): Locked {
  return makeLocked({
    directory,
    network,
    containerId,
    signal,
    log: (text) => void said.push(text),
  });
}

/** Work that goes on until it is let go. */
function held(
  locked: Locked,
  scope: LockScope,
): { began: Promise<void>; end: () => void; done: Promise<string> } {
  const began = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<string>();
  const done = locked(scope, async () => {
    began.resolve();
    return await ending.promise;
  });
  return { began: began.promise, end: () => ending.resolve("done"), done };
}

describe("a lock", () => {
  test.each([
    ["network", lockedScopes("n", "a"), lockedScopes("n", "b")],
    ["container", lockedScopes("n", "a"), lockedScopes("m", "a")],
    [{ name: "eth7" }, lockedScopes("n", "a"), lockedScopes("m", "b")],
  ] as const)("case L5: %j keeps its like out until it is let go", async (scope, one, other) => {
    const first = held(lockedFor(...one), scope);
    await first.began;
    const order: string[] = [];
    const second = lockedFor(...other)(scope, () => void order.push("second"));
    await Bun.sleep(30);
    expect(order).toEqual([]);
    first.end();
    expect(await first.done).toBe("done");
    await second;
    expect(order).toEqual(["second"]);
  });

  test("case S5, kind: no network, container or name stalls another", async () => {
    const holders = [
      held(lockedFor("n", "a"), "network"),
      held(lockedFor("n", "a"), "container"),
      held(lockedFor("n", "a"), { name: "x" }),
    ];
    for (const { began } of holders) await began;
    const free = lockedFor("m", "b");
    for (const scope of ["network", "container", { name: "n" }, { name: "a" }] as const) {
      expect(await free(scope, () => "at once", { timeoutMs: 2000 })).toBe("at once");
    }
    for (const { end, done } of holders) {
      end();
      await done;
    }
  });

  test("case L5, kind: is let go when the work fails, and nothing is left of it", async () => {
    const locked = lockedFor("n", "a");
    const failing = locked("network", () => Promise.reject(new Error("no luck")));
    expect((await rejection(failing, Error)).message).toBe("no luck");
    expect(await locked("network", () => 5)).toBe(5);
    expect(readdirSync(join(directory, "tickets"))).toEqual([]);
  });

  test("waits no longer than its patience, with an error that says for what", async () => {
    const first = held(lockedFor("n", "a"), "network");
    await first.began;
    const late = lockedFor("n", "b")("network", () => "never", { timeoutMs: 50 });
    const error = await rejection(late, CniError);
    expect([error.code, error.message]).toEqual([11, "waited 50 ms for the lock of network n"]);
    expect(error.cause).toMatchObject({ name: "TimeoutError" });
    first.end();
    await first.done;
  });

  test("its patience has no end, or one beyond what a timer counts; what is none is an error", async () => {
    const first = held(lockedFor("n", "a"), "network");
    await first.began;
    const patient = [Number.POSITIVE_INFINITY, 2 ** 31, Number.MAX_VALUE].map((timeoutMs) =>
      lockedFor("n", "b")("network", () => timeoutMs, { timeoutMs }),
    );
    const settled = Promise.allSettled(patient);
    await Bun.sleep(30);
    first.end();
    await first.done;
    expect((await settled).map(({ status }) => status)).toEqual(patient.map(() => "fulfilled"));
    for (const timeoutMs of [Number.NaN, -1]) {
      const wrong = lockedFor("n", "b")("network", () => 1, { timeoutMs });
      expect((await rejection(wrong, RangeError)).message).toContain("timeoutMs");
    }
  });

  test("the same one within itself is refused at once, and another is not", async () => {
    const locked = lockedFor("n", "a");
    const nested = locked("network", async () => {
      expect(await locked("container", () => "another")).toBe("another");
      return await lockedFor("n", "a")("network", () => "never", { timeoutMs: 100 });
    });
    const error = await rejection(nested, CniError);
    expect([error.code, error.message]).toEqual([
      999,
      "the lock of network n is held around this work already: it would wait for itself",
    ]);
    expect(await locked("network", () => "free")).toBe("free");
    const both = [1, 2].map((each) => locked("network", () => each));
    expect(await Promise.all(both)).toEqual([1, 2]);
  });

  test("a directory that is a link is said to be one", async () => {
    symlinkSync(root, directory);
    const error = await rejection(
      lockedFor("n", "a")("network", () => 1),
      CniError,
    );
    expect([error.code, error.message]).toEqual([
      5,
      `cannot keep locks in ${directory}: it is a link`,
    ]);
  });

  test("case R8, kind: hears an abort, before and while it waits", async () => {
    const first = held(lockedFor("n", "a"), "network");
    await first.began;
    const abort = new AbortController();
    setTimeout(() => abort.abort("the user has left"), 20);
    const waiting = lockedFor("n", "b", abort.signal)("network", () => "never");
    const error = await rejection(waiting, CniError);
    expect([error.code, error.cause]).toEqual([11, "the user has left"]);
    const early = lockedFor("n", "b", abort.signal)("container", () => "never");
    expect((await rejection(early, CniError)).cause).toBe("the user has left");
    first.end();
    await first.done;
  });

  test("case S6, kind: lies in a directory that its user alone may enter", async () => {
    await lockedFor("n", "a")("network", () => 1);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    chmodSync(directory, 0o777);
    const error = await rejection(
      lockedFor("n", "a")("network", () => 1),
      CniError,
    );
    expect(error.code).toBe(5);
    expect(error.message).toContain("may write to it");
  });

  test("is the plugin's own, by its context; without a container there is none for it", async () => {
    const plugin = definePlugin({
      ...{ name: "locking", lockDirectory: directory, add: () => ({}), del() {} },
      status: async (ctx) => await ctx.locked("container", () => undefined),
      check: async (ctx) => await ctx.locked("network", () => ctx.log("held")),
    });
    const config = { cniVersion: "1.1.0", name: "n", type: "locking" };
    const check = await tryPlugin(plugin, { operation: "CHECK", config });
    expect(check).toMatchObject({ exitCode: 0, stderr: "held\n" });
    const status = await tryPlugin(plugin, { operation: "STATUS", config });
    expect(status.json).toMatchObject({ code: 999 });
    expect(status.stdout).toContain("lock the network, or a name");
  });

  test("keeps processes apart, and goes with the process that held it", async () => {
    const script = join(root, "holder.ts");
    const from = JSON.stringify(join(import.meta.dir, "lock.ts"));
    await Bun.write(
      script,
      `import { makeLocked } from ${from};
      const signal = new AbortController().signal;
      const place = { directory: process.argv[2], network: "n", containerId: "a", signal, log() {} };
      await makeLocked(place)("network", () => { console.log("held"); return new Promise((end) => setTimeout(end, 60000)); });`,
    );
    const child = Bun.spawn([process.execPath, script, directory], { stdout: "pipe" });
    for await (const _ of child.stdout) break;
    const locked = lockedFor("n", "b");
    const error = await rejection(
      locked("network", () => 1, { timeoutMs: 100 }),
      CniError,
    );
    expect(error.code).toBe(11);
    child.kill("SIGKILL");
    await child.exited;
    expect(await locked("network", () => "mine", { timeoutMs: 5000 })).toBe("mine");
  });
});

function lockedScopes(network: string, containerId: string): readonly [string, string] {
  return [network, containerId];
}
