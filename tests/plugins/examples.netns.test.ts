import { beforeAll, describe, expect } from "bun:test";
import { atLeast } from "../../src/spec/index.ts";
import { readExamples } from "../../tools/manuals/example.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { PluginFailed } from "../support/chain.ts";
import { Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { differences } from "./match.ts";
import { Scene } from "./scene.ts";

/** Every example of every README, from the first ADD to the second DEL. */

let host: Host;
beforeAll(async () => {
  host = await Host.create();
});

async function play(scene: Scene): Promise<void> {
  const { example } = scene;
  if (atLeast(example.network.cniVersion, "1.1.0")) await scene.run("STATUS");
  const result = await scene.run("ADD");
  expect(differences(example.result, result)).toEqual([]);
  expect(await scene.unseen()).toEqual([]);
  await scene.run("CHECK", { prevResult: result });
  await scene.run("DEL", { prevResult: result });
  expect(await scene.leftovers()).toEqual([]);
  await scene.run("DEL", { prevResult: result });
  expect(await scene.leftovers()).toEqual([]);
  // What the container had is gone: CHECK must miss it.
  const missed = await scene.run("CHECK", { prevResult: result }).catch((error: unknown) => error);
  expect(missed).toBeInstanceOf(PluginFailed);
}

for (const plugin of PLUGIN_NAMES) {
  describe(plugin, () => {
    for (const example of readExamples(plugin)) {
      const { missing } = hawserPlugins();
      const test = missing === undefined ? needs(...example.needs) : skipBecause(missing);
      test(example.title, async () => {
        const scene = await Scene.open(host, example);
        try {
          await play(scene);
        } finally {
          await scene.close();
        }
      }, 30_000);
    }
  });
}
