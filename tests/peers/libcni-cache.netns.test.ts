import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import { ownEnvironment, type RunAnswer, run } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { leaks } from "../support/shared-objects.ts";
import { diff, type Snapshot } from "../support/snapshot.ts";
import { type Cnitool, ConfDir, missing, OURS, THEIRS } from "./cnitool.ts";

/**
 * What libcni remembers, our runtime reads, and the reverse: a node can change from one to the other
 * with containers running. The plugins are ours in both cases.
 */

const RESULTS = "/var/lib/cni/results";
const MAC = "c2:11:22:33:44:55";

const CAP_ARGS = JSON.stringify({ ...mapTcp(18080, 80), mac: MAC });

/** GC and STATUS came with 1.1.0. */
const NETWORK: Conflist = { ...dbnet({ dualStack: true }), cniVersion: "1.1.0" };

let host: Host;
let conf: ConfDir;
let container: Container;
let clean: Snapshot;

const withBoth = skipBecause(missing());

beforeAll(async () => {
  host = await Host.create();
  conf = new ConfDir();
});

afterAll(() => conf.remove());

afterEach(async () => {
  await host.remove(container);
  await host.tidy();
  for (const tree of readdirSync("/var/lib/cni")) {
    rmSync(join("/var/lib/cni", tree), { recursive: true });
  }
});

async function prepare(list: Conflist = NETWORK): Promise<void> {
  conf.write(list);
  container = await host.container("blue");
  clean = await host.snapshot([container]);
}

async function call(
  tool: Cnitool,
  verb: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunAnswer> {
  return await conf.call(tool, [verb, "dbnet", container.netns], { env });
}

/** A call that has to succeed. */
async function must(
  tool: Cnitool,
  verb: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const answer = await call(tool, verb, env);
  expect({ verb, exitCode: answer.exitCode, stderr: answer.stderr }).toMatchObject({
    verb,
    exitCode: 0,
  });
  return answer.stdout;
}

function cacheFiles(): string[] {
  return readdirSync(RESULTS);
}

async function expectNothingLeft(but = "nothing"): Promise<void> {
  await host.settled();
  const left = leaks(diff(clean, await host.snapshot([container])));
  expect(left.filter((line) => !line.includes(but))).toEqual([]);
  expect(cacheFiles()).toEqual([]);
}

const DIRECTIONS: [adder: Cnitool, other: Cnitool][] = [
  [THEIRS, OURS],
  [OURS, THEIRS],
];

for (const [adder, other] of DIRECTIONS) {
  describe(`what ${adder.name} added`, () => {
    withBoth(`${other.name} checks and removes, with the arguments of the ADD`, async () => {
      await prepare();
      const result = JSON.parse(await must(adder, "add", { CAP_ARGS })) as { interfaces: unknown };
      expect(result.interfaces).toContainEqual(expect.objectContaining({ mac: MAC }));
      expect(cacheFiles()).toHaveLength(1);
      // Without CAP_ARGS: CHECK and DEL know the port and the MAC from the ADD alone.
      await must(other, "check");
      await must(other, "del");
      await expectNothingLeft();
    });

    withBoth(`${other.name} checks against the result that is remembered`, async () => {
      await prepare();
      await must(adder, "add", { CAP_ARGS });
      await host.exec(container, ["ip", "address", "flush", "dev", "eth0", "scope", "global"]);
      const answer = await call(other, "check");
      expect(answer.exitCode).toBe(1);
      expect(answer.stderr).toContain("eth0");
      await must(other, "del");
      await expectNothingLeft();
    });

    withBoth(`${other.name} finds for GC, with the arguments of the ADD`, async () => {
      await prepare();
      await must(adder, "add", { CAP_ARGS });
      const { exitCode, stderr } = await call(other, "gc");
      // libcni sends no list here, which our plugins do not take for an empty one.
      expect(stderr).toStartWith(
        other === OURS ? "" : "Error: failed to GC plugin bridge: GC needs",
      );
      expect(exitCode).toBe(other === OURS ? 0 : 1);
      await expectNothingLeft();
    });

    withBoth(`${other.name} tells to be the status of the network`, async () => {
      await prepare();
      await must(adder, "add", { CAP_ARGS });
      expect(await must(other, "status")).toBe("");
      await must(adder, "del");
      await expectNothingLeft();
    });

    withBoth(`${other.name} removes when the namespace has gone`, async () => {
      await prepare();
      await must(adder, "add", { CAP_ARGS });
      await host.remove(container);
      await must(other, "del");
      container = await host.container("blue");
      await expectNothingLeft();
    });

    withBoth(`${other.name} removes under 1.0.0, and ${adder.name} once more`, async () => {
      await prepare(dbnet());
      await must(adder, "add");
      await must(other, "del");
      await must(adder, "del");
      await expectNothingLeft();
    });
  });
}

describe("a cache file that a loss of power damaged", () => {
  const damages: [name: string, damage: (path: string) => void][] = [
    ["empty", (path) => truncateSync(path, 0)],
    ["cut off", (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ["filled with zeros", (path) => writeFileSync(path, Buffer.alloc(4096))],
  ];
  for (const adder of [THEIRS, OURS]) {
    for (const [name, damage] of damages) {
      withBoth(`${name}, of ${adder.name}: our DEL removes all the same`, async () => {
        await prepare();
        await must(adder, "add", { CAP_ARGS });
        damage(join(RESULTS, cacheFiles()[0] ?? "none"));
        await must(OURS, "del");
        // What was set aside is for the administrator; all else has to be gone.
        await expectNothingLeft("/hawser-quarantine/");
        expect(readdirSync("/var/lib/cni/hawser-quarantine")).toHaveLength(1);
      });
    }
  }

  withBoth("and was set aside does not disturb Go's cnitool", async () => {
    await prepare();
    await must(OURS, "add");
    damages[0]?.[1](join(RESULTS, cacheFiles()[0] ?? "none"));
    await must(OURS, "del");
    await must(THEIRS, "add");
    await must(THEIRS, "check");
    await must(THEIRS, "del");
    expect(cacheFiles()).toEqual([]);
  });
});

describe("an ADD of ours that was killed", () => {
  for (const verb of ["del", "gc"] as const) {
    for (const tool of [THEIRS, OURS]) {
      withBoth(`is taken away by ${verb} of ${tool.name}`, async () => {
        // The chain ends in a plugin that never answers ADD.
        const stuck = join(conf.path, "stuck");
        writeFileSync(stuck, "#!/bin/sh\n[ $CNI_COMMAND != ADD ] || exec sleep 60\n", {
          mode: 0o755,
        });
        const CNI_PATH = `${hawserPlugins().dir}:${conf.path}`;
        const plugins = [...dbnet().plugins, { type: "stuck" }];
        await prepare({ ...dbnet(), plugins });
        await killDuringAdd(CNI_PATH);
        expect(cacheFiles()).toHaveLength(1);
        await must(tool, verb, { CNI_PATH });
        // The lock of the dead is there until the next operation of ours that would wait for it.
        await expectNothingLeft("/hawser-locks/tickets/");
        await must(OURS, "del", { CNI_PATH });
        await expectNothingLeft();
      });
    }
  }
});

/** Starts an ADD of ours and kills it, its plugins too, when all but the last plugin are done. */
async function killDuringAdd(path: string): Promise<void> {
  const child = Bun.spawn([OURS.path, "add", "dbnet", container.netns], {
    env: { ...ownEnvironment(), NETCONFPATH: conf.path, CNI_PATH: path },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const isStuck = async (): Promise<boolean> => {
    const { stdout } = await run(["ps", "-o", "args=", "--ppid", String(child.pid)]);
    return stdout.includes("sleep 60");
  };
  for (let tries = 0; !(await isStuck()); tries++) {
    if (tries > 200 || child.exitCode !== null) throw new Error("the last plugin was not reached");
    await Bun.sleep(20);
  }
  const { stdout: plugins } = await run(["ps", "-o", "pid=", "--ppid", String(child.pid)]);
  child.kill("SIGKILL");
  await child.exited;
  for (const pid of plugins.trim().split(/\s+/)) process.kill(Number(pid), "SIGKILL");
}
