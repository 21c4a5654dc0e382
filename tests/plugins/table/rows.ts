import { afterAll, beforeAll, describe, expect } from "bun:test";
import { atLeast } from "../../src/spec/index.ts";
import { type Example, readExamples } from "../../tools/manuals/example.ts";
import { COLUMNS, reasonWithout, VERSIONS } from "../../tools/plugin-table/columns.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { PluginFailed } from "../support/chain.ts";
import { Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { hawserPlugins, newestPlugins } from "../support/plugin-sets.ts";
import { BREAKERS } from "./breakers.ts";
import { differences } from "./match.ts";
import { newContainer, Scene } from "./scene.ts";
import { alone, canBeTwice, inGoLayout, secondAttachment } from "./variations.ts";
import { previousFor, promisedIn } from "./versions.ts";

/**
 * The cells of the table in docs/plugins.md: the first example of each plugin, in every way that a
 * runtime may use it. The tests of a plugin follow one another on one host; the names are those of
 * the table's columns.
 */

let host: Host;
beforeAll(async () => {
  host = await Host.create();
});

const OURS = hawserPlugins().dir;
const GO = newestPlugins().dir;

/** One plugin's example, and what has been added of it. */
class Row {
  readonly plugin: string;
  readonly example: Example;
  #scene: Scene | undefined;
  result: Awaited<ReturnType<Scene["run"]>>;

  constructor(plugin: string, example: Example) {
    this.plugin = plugin;
    this.example = example;
  }

  /** Works on the scene; after a failure the next one gets a new scene. */
  async play(work: (scene: Scene) => Promise<void>): Promise<void> {
    this.#scene ??= await Scene.open(host, this.example);
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
      expect(await scene.leftovers()).toEqual([]);
    });
  },
  async (row) => {
    await row.play(async (scene) => {
      const prevResult = await scene.run("ADD");
      await host.remove(scene.container);
      await scene.run("DEL", { prevResult, attachment: { netns: "" } });
      await settled(async () => (await scene.leftovers()).filter((line) => line.startsWith("+ ")));
    });
    await row.end();
  },
  async (row) => {
    await row.play(async (scene) => {
      scene.hurry();
      await collects(scene, canBeTwice(row.plugin));
    });
  },
  async (row) => {
    await row.play(async (scene) => {
      scene.hurry();
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
        scene.hurry();
        const list = { ...row.example.network, cniVersion: version };
        const result = await scene.run("ADD", { list });
        expect(differences(promisedIn(version, row.example.result), result)).toEqual([]);
        if (atLeast(version, "0.4.0")) await scene.run("CHECK", { list, prevResult: result });
        await scene.run("DEL", { list, prevResult: previousFor(version, result) });
        expect(await scene.leftovers()).toEqual([]);
      });
    };
  }),
];

const BESIDE: Cell[] = [
  async (row) => await row.play((scene) => turns(row.plugin, scene, GO, OURS)),
  async (row) => await row.play((scene) => turns(row.plugin, scene, OURS, GO)),
];

/** Two attachments, of which GC is told one, or one of which it is told none. */
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
    await host.remove(other);
  }
  await settled(async () => await scene.leftovers());
}

/** One implementation adds, the other checks and removes. */
async function turns(plugin: string, scene: Scene, adder: string, remover: string): Promise<void> {
  scene.hurry();
  const list = inGoLayout(scene.example.network, "nftables");
  const prevResult = await scene.run("ADD", { dir: adder, list });
  const checked = remover === OURS ? list : alone(list, plugin);
  await scene.run("CHECK", { dir: remover, list: checked, prevResult });
  await scene.run("DEL", { dir: remover, list, prevResult });
  // Our notes are nothing that others would look for: our own DEL, or GC, takes them.
  const left = (await scene.leftovers()).filter((line) => !line.startsWith("+ file: /run/hawser/"));
  expect(left).toEqual([]);
  await scene.run("DEL", { list, prevResult });
  expect(await scene.leftovers()).toEqual([]);
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

for (const plugin of PLUGIN_NAMES) {
  describe(plugin, () => {
    const [example] = readExamples(plugin);
    if (example === undefined) return;
    const row = new Row(plugin, example);
    afterAll(async () => await row.end());
    for (const [at, column] of COLUMNS.entries()) {
      if (reasonWithout(plugin, column) !== undefined) continue;
      const work = [...OWN, ...BESIDE][at];
      const missing =
        hawserPlugins().missing ?? (at < OWN.length ? undefined : newestPlugins().missing);
      const test = missing === undefined ? needs(...example.needs) : skipBecause(missing);
      test(column.claim, async () => await work?.(row), 30_000);
    }
  });
}
