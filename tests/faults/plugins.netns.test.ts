import { afterAll, beforeAll, describe, expect } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcessExecutor } from "../../src/invoke/index.ts";
import { ChainError, Runtime, type RuntimeConf } from "../../src/runtime/index.ts";
import { type NetworkConfig, parseNetworkConfig } from "../../src/spec/index.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { rejection } from "../support/rejection.ts";
import { changes, Stage } from "./stage.ts";

/**
 * Plugins that do not keep to the protocol, in a chain with ours around them: the right error, the
 * chain taken back, in bounded time and memory.
 */

const TIMEOUT_MS = 1500;
const LOUD_TIMEOUT_MS = 30_000;
const MIB = 1024 * 1024;

interface Behaviour {
  readonly what: string;
  /** What the plugin does on ADD, in shell. */
  readonly add: string;
  readonly code: number;
  readonly words: RegExp;
}

const LOUD = "head -c 104857600 /dev/zero | tr '\\0' 'a'";

const BEHAVIOURS: readonly Behaviour[] = [
  { what: "prints garbage", add: "echo oops not json", code: 6, words: /no valid result.*oops/s },
  {
    what: "prints garbage and fails",
    add: "echo oops; exit 3",
    code: 0,
    words: /3.*oops|oops.*3/s,
  },
  { what: "prints nothing", add: "exit 0", code: 6, words: /printed nothing/ },
  { what: "prints nothing and fails", add: "exit 7", code: 0, words: /exit status 7/ },
  {
    what: "speaks on stderr alone",
    add: "echo why >&2; exit 3",
    code: 0,
    words: /exit status 3.*why/s,
  },
  { what: "prints two documents", add: "echo '{}{}'", code: 6, words: /no valid result/ },
  {
    what: "prints half a document",
    add: `printf '{"cniVersion":"1.0'`,
    code: 6,
    words: /no valid/,
  },
  { what: "prints a list", add: "echo '[]'", code: 6, words: /no valid result/ },
  {
    what: "prints an address that is none",
    add: `echo '{"cniVersion":"1.0.0","ips":[{"address":"10.1"}]}'`,
    code: 6,
    words: /invalid CIDR address: 10\.1/,
  },
  {
    what: "prints an unknown version",
    add: `echo '{"cniVersion":"7.0.0"}'`,
    code: 6,
    words: /7\.0\.0/,
  },
  { what: "prints 100 MB", add: LOUD, code: 6, words: /more than 16777216 bytes/ },
  { what: "prints 100 MB and fails", add: `${LOUD}; exit 1`, code: 6, words: /more than 16777216/ },
  { what: "writes 100 MB to stderr", add: `${LOUD} >&2; exit 4`, code: 0, words: /exit status 4/ },
  {
    what: "prints what is no UTF-8",
    add: "printf '\\377\\376'",
    code: 6,
    words: /no valid result/,
  },
  { what: "hangs", add: "exec sleep 60", code: 11, words: /did not finish ADD within 1500 ms/ },
  {
    what: "hangs and ignores SIGTERM",
    add: "trap '' TERM; while :; do sleep 0.2; done",
    code: 11,
    words: /did not finish ADD within 1500 ms/,
  },
  {
    what: "hangs with a grandchild that ignores SIGTERM",
    add: "(trap '' TERM; while :; do sleep 0.2; done) & wait",
    code: 11,
    words: /did not finish/,
  },
  { what: "dies by SIGKILL", add: "kill -9 $$", code: 0, words: /SIGKILL/ },
  { what: "dies by SIGSEGV", add: "kill -SEGV $$", code: 0, words: /SIGSEGV/ },
  {
    what: "leaves a grandchild that holds its pipes, and fails",
    add: "sleep 20 & echo $! > $HERE/left; exit 5",
    code: 0,
    words: /exit status 5/,
  },
  {
    what: "closes its streams early",
    add: "exec <&- >&- 2>&-; exit 6",
    code: 0,
    words: /exit status 6/,
  },
  {
    what: "prints an error whose code is a text",
    add: `echo '{"code":"x","msg":"mine"}'; exit 1`,
    code: 0,
    words: /mine/,
  },
  { what: "prints an error without anything", add: "echo '{}'; exit 1", code: 0, words: /bad/ },
  {
    what: "prints a proper error",
    add: `echo '{"cniVersion":"1.0.0","code":111,"msg":"mine","details":"dd"}'; exit 1`,
    code: 111,
    words: /mine.*dd/,
  },
];

const PLACES = { first: 0, middle: 1, last: 2 } as const;

let stage: Stage;
let dir = "";
let warnings: string[] = [];

beforeAll(async () => {
  stage = await Stage.create();
  dir = mkdtempSync(join(tmpdir(), "hawser-bad-"));
  if (hawserPlugins().missing === undefined) await warm();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Writes the bad plugin; on DEL it does `del`. */
function install(add: string, del = "exit 0"): void {
  const script = `#!/bin/sh\nHERE=${dir}\nif [ "$CNI_COMMAND" = DEL ]; then\n${del}\nfi\n${add}\n`;
  const path = join(dir, "bad");
  rmSync(path, { recursive: true, force: true });
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}

const BRIDGE = {
  ...{ type: "bridge", bridge: "br0", isGateway: true, ipMasq: true },
  ipam: {
    type: "host-local",
    ranges: [[{ subnet: "10.9.0.0/24" }]],
    routes: [{ dst: "0.0.0.0/0" }],
  },
};
const PORTMAP = { type: "portmap", capabilities: { portMappings: true } };

function network(place?: number): NetworkConfig {
  const plugins: object[] = [BRIDGE, PORTMAP];
  if (place !== undefined) plugins.splice(place, 0, { type: "bad", filler: "x".repeat(300_000) });
  return parseNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", name: "n1", plugins }));
}

function conf(): RuntimeConf {
  return {
    containerId: "cid1",
    netns: stage.container.netns,
    ifName: "eth0",
    capabilityArgs: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
  };
}

function runtime(timeoutMs: number = TIMEOUT_MS): Runtime {
  warnings = [];
  return new Runtime({
    pluginDirs: [dir, stage.dir],
    executor: new ProcessExecutor({ graceMs: 300 }),
    timeoutMs,
    onWarning: (text) => warnings.push(text),
  });
}

/** What is shared is made once, so that afterwards everything has to be equal. */
async function warm(): Promise<void> {
  await runtime().add(network(), conf());
  await runtime().del(network(), conf());
}

const test = skipBecause(hawserPlugins().missing);

for (const [place, position] of Object.entries(PLACES)) {
  describe(`as the ${place} plugin of a chain, one that`, () => {
    for (const { what, add, code, words } of BEHAVIOURS) {
      test(`${what}: code ${code}, and nothing is left`, async () => {
        install(add);
        const before = await stage.host.snapshot([stage.container]);
        const memory = process.memoryUsage.rss();
        const started = performance.now();
        // A hundred megabytes take their time on a busy machine: there the amount is what ends it.
        const limitMs = add.includes(LOUD) ? LOUD_TIMEOUT_MS : TIMEOUT_MS;
        const failed = runtime(limitMs).add(network(position), conf());
        const error = await rejection(failed, ChainError);
        const ms = performance.now() - started;
        expect({ ms, isBounded: ms < limitMs + 2500 }).toMatchObject({ isBounded: true });
        const grown = (process.memoryUsage.rss() - memory) / MIB;
        expect({ grown, isBounded: grown < 120 }).toMatchObject({ isBounded: true });
        expect({ code: error.code, type: error.type, position: error.position }).toEqual({
          code,
          type: "bad",
          position,
        });
        expect(error.message).toMatch(words);
        expect(error.message.length).toBeLessThan(8192);
        expect(error.cleanupErrors).toEqual([]);
        expect(changes(before, await stage.host.snapshot([stage.container]))).toEqual([]);
        endLeftOver();
      });
    }
  });
}

describe("a plugin that", () => {
  test("cannot be started: code 5, nothing is left", async () => {
    const ways: readonly (readonly [string, () => void, number])[] = [
      ["is not executable", () => chmodSync(join(dir, "bad"), 0o644), 5],
      ["names no interpreter", () => writeFileSync(join(dir, "bad"), "#!/no/such/sh\n"), 5],
      ["is no program", () => writeFileSync(join(dir, "bad"), "\u0000\u0001\u0002"), 5],
    ];
    for (const [what, spoil, code] of ways) {
      install("exit 0");
      const before = await stage.host.snapshot([stage.container]);
      spoil();
      const error = await rejection(runtime().add(network(1), conf()), ChainError);
      expect({ what, code: error.code }).toEqual({ what, code });
      // It cannot be asked to take anything back either; what the others did is gone all the same.
      expect(error.cleanupErrors).toHaveLength(1);
      install("exit 0");
      await runtime().del(network(1), conf());
      expect(changes(before, await stage.host.snapshot([stage.container]))).toEqual([]);
    }
  });

  test("is a directory, or missing: code 50 before anything is done", async () => {
    const before = await stage.host.snapshot([stage.container]);
    rmSync(join(dir, "bad"), { force: true });
    expect((await rejection(runtime().add(network(2), conf()), ChainError)).code).toBe(50);
    mkdirSync(join(dir, "bad"));
    expect((await rejection(runtime().add(network(2), conf()), ChainError)).code).toBe(50);
    expect(changes(before, await stage.host.snapshot([stage.container]))).toEqual([]);
  });

  test("succeeds, but leaves a grandchild that holds its pipes: the answer counts, in time", async () => {
    const result = JSON.stringify({ cniVersion: "1.0.0", dns: {} });
    install(`sleep 20 & echo $! > $HERE/left; echo '${result}'`);
    const before = await stage.host.snapshot([stage.container]);
    const started = performance.now();
    await runtime().add(network(2), conf());
    expect(performance.now() - started).toBeLessThan(2500);
    await runtime().del(network(2), conf());
    expect(changes(before, await stage.host.snapshot([stage.container]))).toEqual([]);
    endLeftOver();
  });

  test("fails in DEL too: the others are taken back, and GC finishes when it is well again", async () => {
    for (const place of [0, 1, 2]) {
      const before = await stage.host.snapshot([stage.container]);
      install("exit 3", "exit 4");
      const error = await rejection(runtime().add(network(place), conf()), ChainError);
      expect(error.cleanupErrors).toHaveLength(1);
      expect(error.cleanupErrors[0]?.message).toMatch(/exit status 4/);
      const left = changes(before, await stage.host.snapshot([stage.container]));
      // The journal knows of the attachment, so that GC or the daemon can come back for it.
      expect(left.filter((line) => !line.includes("/var/lib/cni/results/"))).toEqual([]);
      expect(left.length).toBeGreaterThan(0);
      install("exit 3");
      await runtime().gc(network(place), []);
      expect(changes(before, await stage.host.snapshot([stage.container]))).toEqual([]);
    }
  });

  test("hangs in DEL: the failed ADD ends in time, and the others are taken back", async () => {
    install("exit 3", "exec sleep 60");
    const before = await stage.host.snapshot([stage.container]);
    const started = performance.now();
    const error = await rejection(runtime().add(network(1), conf()), ChainError);
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS + 2500);
    expect(error.cleanupErrors).toHaveLength(1);
    install("exit 3");
    await runtime().del(network(1), conf());
    expect(changes(before, await stage.host.snapshot([stage.container]))).toEqual([]);
  });
});

/** Ends the grandchild that a plugin left on purpose. */
function endLeftOver(): void {
  const file = join(dir, "left");
  let pid = 0;
  try {
    pid = Number(readFileSync(file, "utf8"));
  } catch {
    return;
  }
  rmSync(file);
  try {
    process.kill(pid);
  } catch {
    // It went with its parent's group.
  }
}
