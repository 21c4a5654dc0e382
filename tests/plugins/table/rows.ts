import { afterAll, beforeAll, describe, expect } from "bun:test";
import { atLeast } from "../../../src/spec/index.ts";
import { type Example, readExamples } from "../../../tools/manuals/example.ts";
import {
  COLUMNS,
  type Column,
  reasonWithout,
  VERSIONS,
} from "../../../tools/plugin-table/columns.ts";
import { type Conflist, PluginFailed } from "../../support/chain.ts";
import { Host } from "../../support/host.ts";
import { needs, skipBecause } from "../../support/needs.ts";
import { PATIENCE } from "../../support/patience.ts";
import { debianPlugins, hawserPlugins, newestPlugins } from "../../support/plugin-sets.ts";
import { BREAKERS } from "../breakers.ts";
import { differences } from "../match.ts";
import { newContainer, Scene } from "../scene.ts";
import { alone, canBeTwice, inGoLayout, secondAttachment } from "../variations.ts";
import { previousFor, promisedIn } from "../versions.ts";

/**
 * The cells of the table in docs/plugins.md: the first example of each plugin, in every way that a
 * runtime may use it. The tests of a plugin follow one another on one host; the names are those of
 * the table's columns.
 */

/** Reference plugins, and what can be said to them. */
interface Peers {
  readonly dir: string;
  readonly missing: string | undefined;
  /** The newest version of the specification that they know. */
  readonly version: string;
  readonly backend: "iptables" | "nftables";
}

const NEWEST: Peers = {
  dir: newestPlugins().dir,
  missing: newestPlugins().missing,
  version: "1.1.0",
  backend: "nftables",
};

const DEBIAN: Peers = {
  dir: debianPlugins().dir,
  missing: debianPlugins().missing,
  version: "1.0.0",
  backend: "iptables",
};

/** One plugin's example, and what has been added of it. */
class Row {
  readonly host: Host;
  readonly plugin: string;
  readonly example: Example;
  #scene: Scene | undefined;
  result: Awaited<ReturnType<Scene["run"]>>;

  constructor(host: Host, plugin: string, example: Example) {
    this.host = host;
    this.plugin = plugin;
    this.example = example;
  }

  /** Works on the scene; after a failure the next one gets a new scene. */
  async play(work: (scene: Scene) => Promise<void>): Promise<void> {
    this.#scene ??= await Scene.open(this.host, this.example);
    try {
      await work(this.#scene);
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    this.result = undefined;
    const scene = this.#scene;
    this.#scene = undefined;
    await scene?.close();
  }
}

type Cell = (row: Row) => Promise<void>;

const OWN: Cell[] = [
  async (row) => {
    await row.play(async (scene) => {
      row.result = await scene.run("ADD");
      expect(differences(row.example.result, row.result)).toEqual([]);
      expect(await scene.unseen()).toEqual([]);
    });
  },
  async (row) => {
    await row.play(async (scene) => {
      expect(row.result).toBeDefined();
      await scene.run("CHECK", { prevResult: row.result });
    });
  },
  async (row) => {
    await row.play(async (scene) => {
      const prevResult = row.result;
      expect(prevResult).toBeDefined();
      await scene.run("DEL", { prevResult });
      expect(await scene.leftovers()).toEqual([]);
      expect(await refusalOf(scene.run("CHECK", { prevResult }))).toBeInstanceOf(PluginFailed);
    });
  },
  async (row) => {
    await row.play(async (scene) => {
      expect(row.result).toBeDefined();
      await scene.run("DEL", { prevResult: row.result });
      await scene.run("DEL");
      if (PATIENCE === 1) expect(await scene.leftovers()).toEqual([]);
    });
  },
  async (row) => {
    await row.play(async (scene) => {
      const prevResult = await scene.run("ADD");
      await row.host.remove(scene.container);
      await scene.run("DEL", { prevResult, attachment: { netns: "" } });
      await settled(async () => (await scene.leftovers()).filter((line) => line.startsWith("+ ")));
    });
    await row.end();
  },
  async (row) => {
    await row.play(async (scene) => {
      await collects(scene, canBeTwice(row.plugin));
    });
  },
  async (row) => {
    await row.play(async (scene) => {
      await scene.run("STATUS");
      const breaker = BREAKERS[row.plugin];
      if (breaker === undefined) return;
      const { code, take, giveBack, change, env } = breaker;
      const { network } = row.example;
      const plugins = network.plugins.map((plugin) => {
        return plugin.type === row.plugin ? { ...plugin, ...change?.(plugin) } : plugin;
      });
      await take?.(scene);
      try {
        const more = { list: { ...network, plugins }, ...(env === undefined ? {} : { env }) };
        const refusal = await refusalOf(scene.run("STATUS", more));
        expect(refusal).toMatchObject({ code });
      } finally {
        await giveBack?.();
      }
    });
    await row.end();
  },
  ...VERSIONS.map((version): Cell => {
    return async (row) => {
      await row.play(async (scene) => {
        const list = { ...row.example.network, cniVersion: version };
        const result = await scene.run("ADD", { list });
        expect(differences(promisedIn(version, row.example.result), result)).toEqual([]);
        if (atLeast(version, "0.4.0")) await scene.run("CHECK", { list, prevResult: result });
        await scene.run("DEL", { list, prevResult: previousFor(version, result) });
        // Looking takes long where all is emulated; what any version leaves, the last one finds.
        if (PATIENCE > 1 && version !== VERSIONS.at(-1)) return;
        expect(await scene.leftovers()).toEqual([]);
      });
    };
  }),
];

const BESIDE: Cell[] = [
  async (row) => await row.play((scene) => theyAdd(scene, NEWEST)),
  async (row) => {
    await row.play(async (scene) => {
      if (await weAdd(row, scene, NEWEST)) await row.end();
    });
  },
  async (row) => await row.play((scene) => theyAdd(scene, DEBIAN)),
  async (row) => {
    await row.play(async (scene) => {
      if (await weAdd(row, scene, DEBIAN)) await row.end();
    });
  },
];

/** Two attachments, one of them valid for GC, or one that is not. */
async function collects(scene: Scene, twice: boolean): Promise<void> {
  const other = await newContainer("other");
  try {
    const second = secondAttachment(scene.attachment(), other);
    const kept = twice ? await scene.run("ADD", { attachment: second }) : undefined;
    const clean = await scene.leftovers();
    const prevResult = await scene.run("ADD");
    const valid = { containerID: second.containerId, ifname: second.ifName };
    await scene.run("GC", { validAttachments: twice ? [valid] : [] });
    await settled(async () => {
      const now = (await scene.leftovers()).filter((line) => !line.includes(scene.container.netns));
      return now.filter((line) => !clean.includes(line));
    });
    if (twice) await scene.run("CHECK", { attachment: second, prevResult: kept });
    await scene.run("DEL", { prevResult });
    if (twice) await scene.run("DEL", { attachment: second, prevResult: kept });
  } finally {
    await scene.host.remove(other);
  }
  await settled(async () => await scene.leftovers());
}

/** The reference plugins add, and ours check and remove. */
async function theyAdd(scene: Scene, { dir, version, backend }: Peers): Promise<void> {
  const list = { ...inGoLayout(scene.example.network, backend), cniVersion: version };
  const prevResult = await scene.run("ADD", { dir, list });
  await scene.run("CHECK", { list, prevResult });
  await scene.run("DEL", { list, prevResult });
  expect(await scene.leftovers()).toEqual([]);
}

/**
 * Ours add, and the reference plugins check and remove. Of them no more is asked than they manage
 * among themselves: some cannot check what they have added, or leave a trace of it.
 */
async function weAdd({ plugin }: Row, scene: Scene, peers: Peers): Promise<boolean> {
  const { dir, version, backend } = peers;
  const list = { ...inGoLayout(scene.example.network, backend), cniVersion: version };
  const theirs = await scene.run("ADD", { dir, list });
  let checked: Conflist | undefined;
  for (const part of [list, alone(list, plugin)]) {
    const refusal = await refusalOf(scene.run("CHECK", { dir, list: part, prevResult: theirs }));
    if (refusal === undefined) checked ??= part;
  }
  await scene.run("DEL", { dir, list, prevResult: theirs });
  const usual = await scene.leftovers();

  const prevResult = await scene.run("ADD", { list });
  if (checked !== undefined) await scene.run("CHECK", { dir, list: checked, prevResult });
  await scene.run("DEL", { dir, list, prevResult });
  const left = (await scene.leftovers()).filter((line) => !usual.includes(line));
  // Our notes are nothing that others would look for: our own DEL, or GC, takes them.
  expect(left.filter((line) => !line.startsWith("+ file: /run/hawser/"))).toEqual([]);
  await scene.run("DEL", { list, prevResult });
  expect((await scene.leftovers()).filter((line) => !usual.includes(line))).toEqual([]);
  // What they leave would be taken for ours.
  return usual.length > 0;
}

/** What a call failed with. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The kernel ends a namespace and what is in it a moment later. */
async function settled(look: () => Promise<string[]>): Promise<void> {
  for (let attempt = 0; attempt < 20 && (await look()).length > 0; attempt++) await Bun.sleep(100);
  expect(await look()).toEqual([]);
}

const LINKS = new Set([
  ...["bridge", "dummy", "host-device", "ipvlan", "loopback", "macvlan", "ptp", "tap", "vlan"],
]);

/** Halves the plugins, so that their tests run side by side. */
export function isLinkPlugin(name: string): boolean {
  return LINKS.has(name);
}

/** What does not depend on the kernel is left to machines that are not emulated, where they can. */
function tooSlow(example: Example, column: Column): string | undefined {
  const kernelDecides = example.needs.some((need) => need.startsWith("kernel:"));
  const isSlow = PATIENCE > 1 && column.ofKernel !== true && !kernelDecides;
  return isSlow ? "a machine that is not emulated" : undefined;
}

/** Registers the tests of some plugins. */
export function tableTests(plugins: readonly string[]): void {
  let host: Host;
  beforeAll(async () => {
    host = await Host.create();
  });
  for (const plugin of plugins) {
    const [example] = readExamples(plugin);
    if (example === undefined) continue;
    describe(plugin, () => {
      let row: Row;
      beforeAll(() => {
        row = new Row(host, plugin, example);
      });
      afterAll(async () => await row.end());
      for (const [at, column] of COLUMNS.entries()) {
        if (reasonWithout(plugin, column) !== undefined) continue;
        const work = [...OWN, ...BESIDE][at];
        const peers = [NEWEST, NEWEST, DEBIAN, DEBIAN][at - OWN.length];
        const missing = hawserPlugins().missing ?? peers?.missing ?? tooSlow(example, column);
        const test = missing === undefined ? needs(...example.needs) : skipBecause(missing);
        test(column.claim, async () => await work?.(row), 30_000);
      }
    });
  }
}
