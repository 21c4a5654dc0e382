import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Runtime, type RuntimeConf } from "../../src/runtime/index.ts";
import { type NetworkConfig, parseNetworkConfig } from "../../src/spec/index.ts";
import { ownEnvironment, type RunAnswer, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { FACTOR } from "./runs.ts";
import { changes, Stage } from "./stage.ts";

/** Operations that end before their time: given up by the caller, or killed with the runtime. */

const PLUGINS = [
  {
    ...{ type: "bridge", bridge: "br0", isGateway: true, ipMasq: true },
    ipam: {
      type: "host-local",
      ranges: [[{ subnet: "10.9.0.0/24" }], [{ subnet: "fd00:9::/64" }]],
      routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
    },
  },
  { type: "tuning", sysctl: { "net.core.somaxconn": "500" }, mtu: 1300 },
  { type: "portmap", capabilities: { portMappings: true } },
];
const NETWORK = { cniVersion: "1.1.0", name: "n1", plugins: PLUGINS };
const MAPPINGS = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] };

const test = skipBecause(hawserPlugins().missing);
const list: NetworkConfig = parseNetworkConfig(JSON.stringify(NETWORK));

let stage: Stage;
let confDir = "";
beforeAll(async () => {
  stage = await Stage.create();
  confDir = mkdtempSync(join(tmpdir(), "hawser-ends-"));
  writeFileSync(join(confDir, "n1.conflist"), JSON.stringify(NETWORK));
});
afterAll(() => rmSync(confDir, { recursive: true, force: true }));

function conf(): RuntimeConf {
  const { netns } = stage.container;
  return { containerId: "cid1", netns, ifName: "eth0", capabilityArgs: MAPPINGS };
}

function runtime(): Runtime {
  return new Runtime({ pluginDirs: [stage.dir] });
}

/** What is shared is made once; tells how long an ADD takes, in milliseconds. */
async function warm(add: () => Promise<unknown>, del: () => Promise<unknown>): Promise<number> {
  await add();
  await del();
  const started = performance.now();
  await add();
  const ms = performance.now() - started;
  await del();
  return ms;
}

describe("an ADD that is given up at any moment", () => {
  test("is taken back, whichever plugin's process runs", async () => {
    const add = (): Promise<unknown> => runtime().add(list, conf());
    const del = (): Promise<unknown> => runtime().del(list, conf());
    const ms = await warm(add, del);
    const before = await stage.host.snapshot([stage.container]);
    let ended = 0;
    const count = 12 * FACTOR;
    for (let at = 0; at < count; at++) {
      const abort = new AbortController();
      const moment = ((at + Math.random()) / count) * ms;
      setTimeout(() => abort.abort(new Error("given up")), moment);
      try {
        await runtime().add(list, conf(), { signal: abort.signal });
        await del();
      } catch {
        ended++;
      }
      const left = changes(before, await stage.host.snapshot([stage.container]));
      expect({ moment, left }).toEqual({ moment, left: [] });
    }
    expect(ended).toBeGreaterThan(count / 4);
  });
});

/** Runs cnitool, and kills it at a moment. */
async function cnitool(operation: string, killAfterMs?: number): Promise<RunAnswer> {
  const argv = [join(stage.dir, "cnitool"), operation, "n1", stage.container.netns];
  const env = { ...ownEnvironment(), NETCONFPATH: confDir, CNI_PATH: stage.dir };
  const caps = { ...env, CAP_ARGS: JSON.stringify(MAPPINGS) };
  return await run(argv, { env: caps, timeoutMs: killAfterMs ?? 20_000 });
}

async function succeeds(operation: string): Promise<void> {
  const { exitCode, stdout, stderr } = await cnitool(operation);
  if (exitCode !== 0) throw new Error(`cnitool ${operation}: ${stdout} ${stderr}`);
}

describe("a runtime that is killed in ADD at any moment", () => {
  for (const way of ["del", "gc"]) {
    test(`leaves what ${way} removes, and nobody waits for its locks`, async () => {
      const ms = await warm(
        () => succeeds("add"),
        () => succeeds("del"),
      );
      const before = await stage.host.snapshot([stage.container]);
      const count = 12 * FACTOR;
      for (let at = 0; at < count; at++) {
        const moment = Math.ceil(((at + Math.random()) / count) * ms * 1.1);
        await cnitool("add", moment);
        const started = performance.now();
        await succeeds(way);
        expect(performance.now() - started).toBeLessThan(5000);
        const all = changes(before, await stage.host.snapshot([stage.container]));
        // GC also removes shared tables that no attachment uses any more.
        const left = all.filter((line) => way === "del" || !line.startsWith("- nft: "));
        expect({ moment, left }).toEqual({ moment, left: [] });
      }
    });
  }

  test("in DEL: the next DEL finishes it", async () => {
    const ms = await warm(
      () => succeeds("add"),
      () => succeeds("del"),
    );
    const before = await stage.host.snapshot([stage.container]);
    const count = 8 * FACTOR;
    for (let at = 0; at < count; at++) {
      await succeeds("add");
      const moment = Math.ceil(((at + Math.random()) / count) * ms);
      const argv = [join(stage.dir, "cnitool"), "del", "n1", stage.container.netns];
      const env = { ...ownEnvironment(), NETCONFPATH: confDir, CNI_PATH: stage.dir };
      await run(argv, { env, timeoutMs: moment });
      await succeeds("del");
      const left = changes(before, await stage.host.snapshot([stage.container]));
      expect({ moment, left }).toEqual({ moment, left: [] });
    }
  });
});

describe("cnitool on a bad configuration says so once, in a line, and does nothing", () => {
  const files: readonly (readonly [string, string, RegExp])[] = [
    [
      "half a document",
      '{"cniVersion": "1.1.0", "name": "n1", "plugins": [',
      /n1\.conflist|line 1/,
    ],
    ["nested too deep", `{"name":"n1","plugins":${"[".repeat(100_000)}`, /deep/],
    ["no plugins", '{"cniVersion":"1.1.0","name":"n1"}', /no plugin configs/],
    ["plugins of the wrong type", '{"cniVersion":"1.1.0","name":"n1","plugins":7}', /plugins/],
    ["an unknown version", JSON.stringify({ ...NETWORK, cniVersion: "9.0.0" }), /9\.0\.0/],
    ["a missing plugin", JSON.stringify({ ...NETWORK, plugins: [{ type: "gone" }] }), /"gone"/],
    [
      "a type that is a path",
      JSON.stringify({ ...NETWORK, plugins: [{ type: "../x" }] }),
      /\.\.\/x/,
    ],
    ["a name that is a path", JSON.stringify({ ...NETWORK, name: "../n1" }), /n1/],
  ];
  for (const [what, text, words] of files) {
    test(what, async () => {
      const dir = join(confDir, "bad");
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir);
      writeFileSync(join(dir, "n1.conflist"), text);
      const changed = await stage.changesOf(async () => {
        const argv = [join(stage.dir, "cnitool"), "add", "n1", stage.container.netns];
        const env = { ...ownEnvironment(), NETCONFPATH: dir, CNI_PATH: stage.dir };
        const { exitCode, stdout, stderr } = await run(argv, { env, timeoutMs: 10_000 });
        expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
        expect(stderr).toMatch(words);
        expect(stderr).not.toMatch(/^\s+at /m);
        expect(stderr.length).toBeLessThan(4096);
      });
      expect(changed).toEqual([]);
    });
  }
});
