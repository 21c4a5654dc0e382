import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { needs } from "../../../tests/support/needs.ts";
import { type Exchange, Finding } from "../check.ts";
import { type Machine, machineForWorlds } from "./machine.ts";
import type { Ended } from "./run.ts";
import { World } from "./world.ts";

const test = needs("ip");

/** Commands that do in a world what no plugin should do: the suite goes on, and nothing is left. */

let machine: Machine;
let mounts = "";
let netns = "";
const victim = mkdtempSync(join(tmpdir(), "hostile-"));
const mark = `${victim.slice(victim.lastIndexOf("/") + 1)}-mark`;

beforeAll(async () => {
  if (!has("ip")) return;
  machine = machineForWorlds(process.env);
  mounts = readFileSync("/proc/self/mountinfo", "utf8");
  netns = await must(["ip", "netns"]);
});
afterAll(async () => {
  if (!has("ip")) return;
  expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(mounts);
  expect(await must(["ip", "netns"])).toBe(netns);
  for (const dir of DIRS) expect(existsSync(`${dir}/${mark}`)).toBe(false);
  expect(readdirSync(victim)).toEqual([]);
  rmSync(victim, { recursive: true });
});

const DIRS = ["", "/tmp", "/dev", "/dev/shm", "/etc", "/var/tmp", "/usr", "/run", "/root"];

/** Processes that are in a namespace. */
function inside(namespace: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`) === namespace;
    } catch {
      return false;
    }
  });
}

interface Told {
  readonly ended: Ended;
  readonly world: World;
}

/** Runs a script as a call of the subject, looks at what came, and expects that nothing stays. */
async function hostile(
  script: string,
  look: (told: Told) => Promise<void> | void,
  timeoutMs = 5000,
): Promise<void> {
  const log: Exchange[] = [];
  const world = await World.create(machine, [], log);
  const pid = (await world.must(["readlink", "/proc/self/ns/pid"])).trim();
  expect(pid).toMatch(/^pid:\[\d+\]$/u);
  expect(inside(pid)).not.toEqual([]);
  try {
    const ended = await world.run(["sh", "-c", script], { shownEnv: {}, timeoutMs });
    expect(log.at(-1)).toBe(ended.exchange);
    await look({ ended, world });
  } finally {
    await world[Symbol.asyncDispose]();
  }
  expect(inside(pid)).toEqual([]);
}

describe("a call that does not end, or does too much, is killed with its world", () => {
  const overdone: readonly [name: string, script: string, came: string][] = [
    ["hangs", "sleep 1000", "it did not end within 0.7 s"],
    ["hangs deaf", "trap '' TERM INT HUP; while :; do :; done", "it did not end within 0.7 s"],
    ["hangs in another session", "setsid sleep 1000 & wait", "it did not end within 0.7 s"],
    ["floods stdout", "cat /dev/zero", "it printed more than 4 MiB"],
    ["floods stderr", "cat /dev/zero >&2", "it printed more than 4 MiB"],
  ];
  for (const [name, script, came] of overdone) {
    test(`one that ${name}`, async () => {
      await hostile(
        script,
        async ({ ended, world }) => {
          expect(ended.killed).toBe(came);
          expect(ended.exchange.stdout.length).toBeLessThan(5000);
          expect(world.isLost).toBe(true);
          const next = await world.run(["true"]).catch((error: unknown) => error);
          expect(next).toBeInstanceOf(Finding);
          expect((next as Finding).came).toBe(came);
        },
        script.includes("zero") ? 20_000 : 700,
      );
    });
  }

  test("one that forks without end", async () => {
    await hostile(
      "b() { b | b & }; b; sleep 1000",
      ({ ended }) => expect(ended.killed).toMatch(/^it (?:started more than|did not end)/u),
      4000,
    );
  }, 30_000);
});

describe("a call that ends, and leaves something", () => {
  test("a child that holds its streams is not waited for", async () => {
    await hostile("sleep 1000 & echo done", ({ ended, world }) => {
      expect([ended.exitCode, ended.stdout, ended.leftOpen]).toEqual([0, "done\n", true]);
      expect([ended.killed, world.isLost]).toEqual([undefined, false]);
    });
  });

  test("a daemon goes with the world", async () => {
    await hostile("setsid sleep 1000 >/dev/null 2>&1 </dev/null &", ({ ended }) => {
      expect([ended.exitCode, ended.leftOpen]).toEqual([0, false]);
    });
  });

  test("streams that it has closed, a directory it has gone to", async () => {
    await hostile("cd /proc; exec >&- 2>&- <&-; exit 4", async ({ ended, world }) => {
      expect([ended.exitCode, ended.stdout]).toEqual([4, ""]);
      expect(await world.must(["pwd"])).toBe("/\n");
    });
  });
});

describe("a call that kills", () => {
  test("itself, by a signal that is told", async () => {
    await hostile("kill -SEGV $$", ({ ended }) => expect(ended.signal).toBe("SIGSEGV"));
  });

  test("its group, or its parent: the suite is in neither", async () => {
    await hostile("kill -9 0", ({ ended }) => expect(ended.signal).toBe("SIGKILL"));
    await hostile("kill -9 $PPID; sleep 0.2; echo on", ({ ended }) => {
      expect(ended.stdout === "on\n" || ended.signal === "SIGKILL").toBe(true);
    });
  });

  test("everything that it can: the first process stays, and the world is usable", async () => {
    await hostile("kill -9 -1; kill -9 1; echo on", async ({ ended, world }) => {
      expect([ended.exitCode, ended.stdout]).toEqual([0, "on\n"]);
      expect(await world.must(["echo", "here"])).toBe("here\n");
    });
  });
});

describe("a call that writes", () => {
  test("finds the machine's directories read-only, and others empty and bounded", async () => {
    const writes = DIRS.map((dir) => `echo x >"${dir}/${mark}" || :;`).join(" ");
    const fills = "head -c 100m /dev/zero >/run/big; ls -s --block-size=1M /run/big";
    await hostile(`{ ${writes} echo x >${victim}/x; ${fills}; } 2>&1`, ({ ended }) => {
      expect(ended.stdout).toContain("Read-only file system");
      expect(ended.stdout).toContain("No space left on device");
      expect(Number.parseInt(ended.stdout.trim().split("\n").at(-1) ?? "", 10)).toBeLessThan(65);
    });
  });

  test("puts a link where the suite writes, and leads it nowhere", async () => {
    const script = `rm -rf /run/conformance/tmp; ln -s ${victim} /run/conformance/tmp; ln -s . /run/loop`;
    await hostile(script, ({ world }) => {
      expect(() => world.write("/run/conformance/tmp/x", "suite")).toThrow();
      expect(world.read("/run/conformance/tmp/x")).toBeUndefined();
      expect(world.files("/run").filter((file) => file.includes("loop"))).toEqual(["/run/loop"]);
      world.remove("/run/conformance/tmp");
      world.write("/run/conformance/tmp/x", "suite");
      expect(world.read("/run/conformance/tmp/x")).toBe("suite");
    });
  });

  test("unmounts: the suite writes nothing outside, and can say what was done", async () => {
    await hostile("umount -l /run && umount -l /proc", ({ ended, world }) => {
      expect(ended.exitCode).toBe(0);
      expect(world.damage()).toContain("/run was unmounted");
      expect(() => world.write(`/run/${mark}`, "suite")).toThrow();
    });
  });
});

test("a directory of the subject's that the machine does not have is there, empty, and nowhere else", async () => {
  const dir = `/opt/${mark}/bin`;
  await using world = await World.create(machine, [dir, "/opt/a:b", "not/absolute", "/not-there"]);
  world.write(`${dir}/plugin`, "x");
  const shown = await world.must([
    "sh",
    "-c",
    `ls ${dir}; touch /opt/${mark}/x 2>&1 || :; ls /opt`,
  ]);
  expect(shown).toStartWith("plugin\n");
  expect(shown).toContain("Read-only file system");
  expect(new Set(shown.trim().split("\n").slice(2))).toEqual(
    new Set([...readdirSync("/opt"), mark]),
  );
  expect(existsSync(dirname(dir))).toBe(false);
});

test("an interruption ends each world at once", async () => {
  const abort = new AbortController();
  const world = await World.create({ ...machine, signal: abort.signal });
  const pid = (await world.must(["readlink", "/proc/self/ns/pid"])).trim();
  const hanging = world.run(["sleep", "1000"], { timeoutMs: 30_000 });
  await Bun.sleep(200);
  abort.abort("SIGINT");
  const { signal, ms } = { ...(await hanging), ms: (await hanging).exchange.ms };
  expect([signal, ms < 5000]).toEqual(["SIGKILL", true]);
  await world[Symbol.asyncDispose]();
  expect(inside(pid)).toEqual([]);
  const late = World.create({ ...machine, signal: abort.signal });
  expect(await late.catch((error: unknown) => String(error))).toBe("Error: interrupted");
});
