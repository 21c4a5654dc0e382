import { beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import fc from "fast-check";
import { InProcessExecutor, type PluginEntry } from "../../src/invoke/index.ts";
import { PLUGINS, traitsOf } from "../../src/plugins/registry/index.ts";
import { Runtime, type RuntimeConf } from "../../src/runtime/index.ts";
import {
  CniError,
  type NetworkConfig,
  parseNetworkConfig,
  type Result,
} from "../../src/spec/index.ts";
import { failOnLeakedDescriptors } from "../support/descriptors.ts";
import type { Snapshot } from "../support/snapshot.ts";
import { type RandomChain, randomChain } from "./random-chain.ts";
import { FACTOR } from "./runs.ts";
import { changes, Stage } from "./stage.ts";

/**
 * Random chains, and a fault at each place of each: before, in and after every plugin's call,
 * delegates included, and between any two steps. Nothing of an ADD that failed stays.
 */

failOnLeakedDescriptors();

/** How one call of a plugin goes wrong. */
const WRONGS = ["refuses", "loses its answer", "prints garbage", "throws"] as const;
type Wrong = (typeof WRONGS)[number];

interface Fault {
  /** Place of the call among the ADDs of the chain, delegates included. */
  readonly call: number;
  readonly wrong: Wrong;
}

/** Counts ADDs, and spoils one of them; the plugins themselves know nothing of it. */
class Saboteur {
  calls = 0;
  readonly #fault: Fault | undefined;

  constructor(fault?: Fault) {
    this.#fault = fault;
  }

  wrap(entry: PluginEntry): PluginEntry {
    return async (io) => {
      if (io.env["CNI_COMMAND"] !== "ADD") return await entry(io);
      const wrong = this.#fault?.call === this.calls++ ? this.#fault.wrong : undefined;
      if (wrong === undefined) return await entry(io);
      const sorry = JSON.stringify({ cniVersion: "1.0.0", code: 123, msg: `it ${wrong}` });
      if (wrong === "refuses") {
        io.stdout(sorry);
        return 1;
      }
      await entry({ ...io, stdout: () => undefined });
      if (wrong === "throws") throw new Error(`it ${wrong}`);
      io.stdout(wrong === "prints garbage" ? "}{" : sorry);
      return wrong === "prints garbage" ? 0 : 1;
    };
  }
}

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.create();
});

function networkOf({ plugins }: RandomChain): NetworkConfig {
  // 1.1.0 has GC; the bridge's MTU is in its results.
  return parseNetworkConfig(JSON.stringify({ cniVersion: "1.1.0", name: "n1", plugins }));
}

function confOf({ capabilityArgs }: RandomChain): RuntimeConf {
  const { netns } = stage.container;
  const args = JSON.parse(JSON.stringify(capabilityArgs)) as NonNullable<
    RuntimeConf["capabilityArgs"]
  >;
  return { containerId: "cid1", netns, ifName: "eth0", capabilityArgs: args };
}

function runtimeWith(saboteur: Saboteur, onStep: () => void = () => undefined): Runtime {
  const executor = new InProcessExecutor({
    plugins: async (type) => {
      const plugin = await PLUGINS.get(type)?.();
      return plugin === undefined ? undefined : saboteur.wrap(plugin.entry);
    },
    isOwn: () => true,
    traits: traitsOf,
    fallback: {
      find: (type) => `/plugins/${type}`,
      run: ({ path }) => Promise.reject(new Error(`there is no ${path}`)),
    },
  });
  return new Runtime({ pluginDirs: ["/plugins"], executor, onStep, env: {} });
}

async function picture(): Promise<Snapshot> {
  return await stage.host.snapshot([stage.container]);
}

async function fresh(): Promise<void> {
  await stage.host.tidy();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
}

/** An ADD that may fail; an ADD that did not is taken away again. */
async function tried(chain: RandomChain, runtime: Runtime, signal?: AbortSignal): Promise<unknown> {
  const [list, conf] = [networkOf(chain), confOf(chain)];
  let result: Result;
  try {
    result = await runtime.add(list, conf, signal === undefined ? {} : { signal });
  } catch (error) {
    return error;
  }
  await runtime.del(list, conf);
  return result;
}

/** Makes what the network's attachments share, and counts the calls and steps of an ADD. */
async function warm(chain: RandomChain): Promise<{ calls: number; steps: number }> {
  await fresh();
  let steps = 0;
  const saboteur = new Saboteur();
  const runtime = runtimeWith(saboteur, () => void steps++);
  await runtime.add(networkOf(chain), confOf(chain));
  const made = { calls: saboteur.calls, steps };
  await runtime.del(networkOf(chain), confOf(chain));
  return made;
}

const RUNS = { numRuns: 5 * FACTOR, endOnFailure: true } as const;
const TIMEOUT_MS = 100_000 * FACTOR;

describe("a random chain", () => {
  test(
    "in which any call goes wrong in any way leaves everything as it was",
    async () => {
      await fc.assert(
        fc.asyncProperty(randomChain, async (chain) => {
          const { calls } = await warm(chain);
          const before = await picture();
          for (let call = 0; call < calls; call++) {
            for (const wrong of WRONGS) {
              const outcome = await tried(chain, runtimeWith(new Saboteur({ call, wrong })));
              const left = changes(before, await picture());
              expect({ call, wrong, left }).toEqual({ call, wrong, left: [] });
              expect(outcome).toBeInstanceOf(CniError);
              expect(outcome).toMatchObject({ cleanupErrors: [] });
            }
          }
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );

  test(
    "that is given up after any step leaves everything as it was",
    async () => {
      await fc.assert(
        fc.asyncProperty(randomChain, async (chain) => {
          const { steps } = await warm(chain);
          const before = await picture();
          for (let last = 1; last <= steps; last++) {
            const abort = new AbortController();
            let done = 0;
            const onStep = (): void => {
              if (++done === last) abort.abort(new Error("given up"));
            };
            await tried(chain, runtimeWith(new Saboteur(), onStep), abort.signal);
            const left = changes(before, await picture());
            expect({ last, left }).toEqual({ last, left: [] });
          }
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );

  test(
    "of which the bridge is given up after any step leaves a host on which nothing ever was",
    async () => {
      await fc.assert(
        fc.asyncProperty(randomChain, async (chain) => {
          await fresh();
          const before = await picture();
          const [bridge = {}] = chain.plugins;
          const config = { cniVersion: "1.1.0", name: "n1", ...bridge };
          const call = { type: "bridge", config };
          const executor = stage.executor();
          for (let last = 1; ; last++) {
            const abort = new AbortController();
            let done = 0;
            const answer = await executor
              .run({
                ...{ operation: "ADD", type: "bridge", path: "/plugins/bridge" },
                ...{ stdin: JSON.stringify(config), env: stage.environment(call) },
                signal: abort.signal,
                onStep: () => {
                  if (++done === last) abort.abort(new Error("given up"));
                },
              })
              .catch((error: unknown) => error);
            if (done < last) {
              expect(answer).toMatchObject({ exitCode: 0 });
              await stage.call({ ...call, command: "DEL" });
              break;
            }
            const left = changes(before, await picture());
            // Nothing more is done once all steps are: then it has succeeded.
            const isDone = (answer as { exitCode?: number }).exitCode === 0;
            if (isDone) await stage.call({ ...call, command: "DEL" });
            else expect({ last, left }).toEqual({ last, left: [] });
            if (isDone) break;
          }
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );
});

/** Ways in which what DEL could know is lost. */
const LOSSES = {
  nothing: () => undefined,
  "the cache": () => rmSync("/var/lib/cni/results", { recursive: true, force: true }),
  "the state": () => rmSync("/run/hawser", { recursive: true, force: true }),
  "the reservations": () => rmSync("/var/lib/cni/networks", { recursive: true, force: true }),
  "everything on disk": () => {
    for (const tree of [
      "/var/lib/cni/results",
      "/run/hawser",
      "/var/lib/cni/networks",
      "/run/cni",
    ]) {
      rmSync(tree, { recursive: true, force: true });
    }
  },
} as const;

describe("DEL of a random chain", () => {
  for (const [what, lose] of Object.entries(LOSSES)) {
    for (const isGone of [false, true]) {
      const where = isGone ? ", the namespace gone" : "";
      test(
        `three times, ${what} lost${where}: nothing is left, and GC leaves a clean host`,
        async () => {
          await fc.assert(
            fc.asyncProperty(randomChain, async (chain) => {
              await fresh();
              const clean = await picture();
              await warm(chain);
              const before = await picture();
              const runtime = runtimeWith(new Saboteur());
              const [list, conf] = [networkOf(chain), confOf(chain)];
              await runtime.add(list, conf);
              lose();
              if (isGone) await stage.replaceContainer();
              for (let times = 0; times < 3; times++) {
                await runtime.del(list, isGone ? { ...conf, netns: "/run/netns/gone" } : conf);
              }
              expect(interesting(changes(before, await picture()))).toEqual([]);
              await runtime.gc(list, []);
              expect(interesting(changes(clean, await picture())).filter(isNoBridge)).toEqual([]);
            }),
            { numRuns: FACTOR, endOnFailure: true },
          );
        },
        TIMEOUT_MS,
      );
    }
  }
});

/** The bridge, its addresses and what makes the host forward belong to the operator. */
function isNoBridge(line: string): boolean {
  return !/"br0"|^\+ address: br0:|^[+-] sysctl: net\/ipv[46]\/(?:ip_forward|conf\/)/.test(line);
}

/** What tuning had changed in a namespace whose backup is lost cannot be restored. */
function interesting(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.includes("/run/netns/c1 "));
}
