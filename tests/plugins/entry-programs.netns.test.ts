import { beforeAll, describe, expect } from "bun:test";
import { readExamples } from "../../tools/manuals/example.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { runPlugin } from "../support/chain.ts";
import { TestDaemon } from "../support/daemon.ts";
import { Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { PATIENCE } from "../support/patience.ts";
import { entryPrograms, type PluginSet } from "../support/plugin-sets.ts";
import { differences } from "./match.ts";
import { Scene } from "./scene.ts";

/** One chain of each plugin by the entry programs, with the daemon and with the full executable. */

interface Way {
  readonly name: string;
  readonly set: PluginSet;
  readonly hasDaemon: boolean;
}

const WITH_DAEMON = {
  name: "entry programs with the daemon",
  set: entryPrograms(),
  hasDaemon: true,
};

/** The full executables have tests/plugins/examples, but not as programs where those are emulated. */
const WAYS: readonly Way[] =
  PATIENCE === 1
    ? [WITH_DAEMON]
    : [
        // Each starts the full executable.
        { name: "entry programs without a daemon", set: entryPrograms(), hasDaemon: false },
        WITH_DAEMON,
      ];

/** What the node tells of itself, which is no attachment's own. */
const OF_NODE = /file: \/run\/(hawser\/history\.jsonl|cni\/cluster\/\w+\/facts\.json) /u;

async function play(scene: Scene, dir: string): Promise<void> {
  const { example } = scene;
  const call = runPlugin;
  const result = await scene.run("ADD", { dir, call });
  expect(differences(example.result, result)).toEqual([]);
  expect(await scene.unseen()).toEqual([]);
  await scene.run("CHECK", { dir, call, prevResult: result });
  await scene.run("DEL", { dir, call, prevResult: result });
  const left = await scene.leftovers();
  expect(left.filter((line) => !OF_NODE.test(line))).toEqual([]);
}

describe.each(WAYS.map((way) => [way.name, way] as const))("%s", (_, { set, hasDaemon }) => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.create();
  });

  for (const plugin of PLUGIN_NAMES) {
    const [example] = readExamples(plugin);
    if (example === undefined) throw new Error(`${plugin} has no example`);
    const test = set.missing === undefined ? needs(...example.needs) : skipBecause(set.missing);
    test(plugin, async () => {
      // One for each, since the end of a scene takes all files of the node away.
      await using daemon = hasDaemon ? await TestDaemon.start() : undefined;
      const scene = await Scene.open(host, example);
      try {
        await play(scene, set.dir);
      } finally {
        await scene.close();
      }
      const types = example.network.plugins.map(({ type }) => type);
      const wanted = ["ADD", "CHECK", "DEL"].flatMap((o) => types.map((type) => `${type} ${o}`));
      const served = await daemon?.served(wanted.length);
      if (served !== undefined) expect(served.sort()).toEqual(wanted.sort());
    }, 30_000);
  }
});
