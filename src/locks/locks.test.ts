import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rejection } from "../../tests/support/rejection.ts";
import { until } from "../../tests/support/until.ts";
import { type Claim, conflict, keysOf, printTicket } from "./claim.ts";
import { ownIdentity } from "./identity.ts";
import { Locks } from "./locks.ts";

let dir = "";
let children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hawser-test-"));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(dir, { recursive: true });
});

function claim(operation: Claim["operation"], network: string, ...containerIds: string[]): Claim {
  return { operation, network, containerIds };
}

function tickets(): string[] {
  return readdirSync(join(dir, "locks", "tickets"));
}

function holder(count: number, hold: number, ...claims: string[]): Promise<number | null> {
  const script = new URL("../../tests/fixtures/lock-holder.ts", import.meta.url).pathname;
  const log = join(dir, "log");
  const argv = [script, join(dir, "locks"), log, String(count), String(hold), ...claims];
  const child = spawn(process.execPath, argv, { stdio: "inherit" });
  children.push(child);
  return new Promise((resolve) => child.on("exit", resolve));
}

/** Two objects that know of each other by files only, as two processes would. */
function two(): [Locks, Locks] {
  return [new Locks(join(dir, "locks")), new Locks(join(dir, "locks"))];
}

for (const [where, make] of [
  [
    "in one process",
    (): [Locks, Locks] => {
      const locks = new Locks(join(dir, "locks"));
      return [locks, locks];
    },
  ],
  ["through files", two],
] as const) {
  describe(`Locks ${where}`, () => {
    test("R72 the second operation on a container waits, one on another does not", async () => {
      const [one, other] = make();
      const release = await one.acquire(claim("ADD", "n", "c"));
      (await other.acquire(claim("ADD", "n", "d")))();
      let entered = false;
      const waiting = other.acquire(claim("DEL", "m", "c")).then((leave) => {
        entered = true;
        return leave;
      });
      await Bun.sleep(30);
      expect(entered).toBe(false);
      release();
      (await waiting)();
      expect(tickets()).toEqual([]);
    });

    test("R73 GC waits for what is under way, and what comes later waits for GC", async () => {
      const [one, other] = make();
      const order: string[] = [];
      const adding = await one.acquire(claim("ADD", "n", "a"));
      const gc = other.acquire(claim("GC", "n")).then(async (release) => {
        order.push("GC in");
        await Bun.sleep(30);
        order.push("GC out");
        release();
      });
      await Bun.sleep(10);
      const late = one.acquire(claim("ADD", "n", "b")).then((release) => {
        order.push("late ADD");
        release();
      });
      (await one.acquire(claim("ADD", "m", "x")))();
      order.push("other network");
      await Bun.sleep(20);
      adding();
      await Promise.all([gc, late]);
      expect(order).toEqual(["other network", "GC in", "GC out", "late ADD"]);
    });

    test("an abort ends the waiting, and nobody is in the way afterwards", async () => {
      const [one, other] = make();
      const release = await one.acquire(claim("ADD", "n", "c"));
      const signal = AbortSignal.timeout(20);
      await rejection(other.acquire(claim("ADD", "n", "c"), { signal }));
      expect(tickets()).toHaveLength(1);
      release();
      release();
      (await one.acquire(claim("ADD", "n", "c")))();
      await rejection(one.acquire(claim("ADD", "n", "c"), { signal }));
      expect(tickets()).toEqual([]);
    });

    test("fifty at once come in one by one, in order", async () => {
      const [one, other] = make();
      let inside = 0;
      const order: number[] = [];
      const all = Array.from({ length: 50 }, async (_, at) => {
        const release = await (at % 2 === 0 ? one : other).acquire(claim("ADD", "n", "c"));
        expect(++inside).toBe(1);
        order.push(at);
        await Promise.resolve();
        inside--;
        release();
      });
      await Promise.all(all);
      expect(order).toHaveLength(50);
      const evens = order.filter((at) => at % 2 === 0);
      expect(evens).toEqual([...evens].sort((a, b) => a - b));
    });
  });
}

describe("Locks between processes", () => {
  test("R72 R73 four processes never break a rule, and all get through", async () => {
    const done = await Promise.all([
      holder(25, 1, "ADD:n:c", "DEL:m:c", "GC:n"),
      holder(25, 1, "GC:n:c:d", "ADD:n:c"),
      holder(25, 1, "ADD:n:d", "GC:m", "CHECK:n:c"),
      holder(25, 1, "DEL:m:c", "ADD:n:e"),
    ]);
    expect(done).toEqual([0, 0, 0, 0]);
    const lines = readFileSync(join(dir, "log"), "utf8").trim().split("\n");
    expect(lines).toHaveLength(200);
    const inside = new Map<string, Claim>();
    for (const line of lines) {
      const [pid = "", what, text = ""] = line.split(" ");
      const [operation, network = "", ...containers] = text.split(":");
      const made = claim(operation as Claim["operation"], network, ...containers);
      if (what === "out") {
        inside.delete(pid);
        continue;
      }
      for (const other of inside.values()) {
        expect(conflict(keysOf(made), keysOf(other))).toBe(false);
      }
      inside.set(pid, made);
    }
    expect(tickets()).toEqual([]);
    expect(readdirSync(join(dir, "locks", "choosing"))).toEqual([]);
  }, 30_000);

  test("who was killed is not waited for", async () => {
    const exit = holder(1, 60_000, "ADD:n:c");
    await until("the holder has begun", () => existsSync(join(dir, "log")));
    const locks = new Locks(join(dir, "locks"));
    let entered = false;
    const waiting = locks.acquire(claim("DEL", "n", "c")).then((release) => {
      entered = true;
      release();
    });
    await Bun.sleep(30);
    expect(entered).toBe(false);
    children[0]?.kill("SIGKILL");
    await exit;
    await waiting;
    expect(tickets()).toEqual([]);
  });
});

describe("Locks and what others left", () => {
  const ghost = {
    ...ownIdentity("x"),
    pid: 1,
    start: "1",
  };
  const keys = keysOf(claim("ADD", "n", "c"));
  const [container] = keys.containers;
  const name = (more: object): string =>
    printTicket({
      number: 1,
      owner: { ...ghost, ...more },
      token: "0",
      kind: "change",
      network: keys.network,
      container,
    });

  function leave(place: "choosing" | "tickets", file: string): void {
    mkdirSync(join(dir, "locks", place), { recursive: true });
    writeFileSync(join(dir, "locks", place, file), "");
  }

  test("the ticket of an earlier boot, and of a process whose pid has another now, is removed", async () => {
    leave("tickets", name({ boot: "earlier" }));
    leave("tickets", name({}));
    leave("choosing", name({ boot: "earlier" }));
    (await new Locks(join(dir, "locks")).acquire(claim("ADD", "n", "c")))();
    expect(tickets()).toEqual([]);
    expect(readdirSync(join(dir, "locks", "choosing"))).toEqual([]);
  });

  test("the ticket of a process that cannot be seen is respected", async () => {
    const file = name({ namespace: "1" });
    leave("tickets", file);
    const locks = new Locks(join(dir, "locks"));
    const warnings: string[] = [];
    const options = {
      signal: AbortSignal.timeout(1200),
      onWait: (text: string) => warnings.push(text),
    };
    await rejection(locks.acquire(claim("ADD", "n", "c"), options));
    expect(tickets()).toEqual([file]);
    expect(warnings).toEqual(["waiting for an ADD or DEL of process 1"]);
  });

  test("one that cannot be seen counts as dead after a long silence, but not before", async () => {
    const file = name({ namespace: "1" });
    leave("tickets", file);
    const locks = new Locks(join(dir, "locks"), 200);
    let signs = 0;
    const heart = setInterval(() => {
      const now = new Date(Date.now() + 1000 * signs);
      if (signs++ < 6) utimesSync(join(dir, "locks", "tickets", file), now, now);
    }, 50);
    const started = performance.now();
    (await locks.acquire(claim("ADD", "n", "c")))();
    clearInterval(heart);
    expect(performance.now() - started).toBeGreaterThan(450);
    expect(tickets()).toEqual([]);
  });

  test("who holds a lock gives signs of life", async () => {
    const release = await new Locks(join(dir, "locks"), 120).acquire(claim("ADD", "n", "c"));
    const path = join(dir, "locks", "tickets", tickets()[0] ?? "");
    const before = statSync(path).mtimeMs;
    await until("the ticket is renewed", () => statSync(path).mtimeMs > before);
    release();
  });

  test("files that are no tickets are left alone", async () => {
    leave("tickets", "README");
    (await new Locks(join(dir, "locks")).acquire(claim("ADD", "n", "c")))();
    expect(tickets()).toEqual(["README"]);
  });

  test("directories and files are for their owner only", async () => {
    const release = await new Locks(join(dir, "locks")).acquire(claim("GC", "n", "a", "b"));
    const [file = ""] = tickets();
    expect(statSync(join(dir, "locks", "tickets")).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, "locks", "tickets", file)).mode & 0o777).toBe(0o600);
    release();
  });

  test("where no files can be made, nothing is locked", async () => {
    writeFileSync(join(dir, "locks"), "in the way");
    const error = await rejection(new Locks(join(dir, "locks")).acquire(claim("ADD", "n", "c")));
    expect(error.message).toContain("ENOTDIR");
  });
});
