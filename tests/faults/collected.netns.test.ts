import { beforeAll, describe, expect } from "bun:test";
import { type Example, readExamples } from "../../tools/manuals/example.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { faultOf } from "./judge.ts";
import { Play, type Played } from "./play.ts";
import { changes } from "./stage.ts";

/** GC of every plugin: what is valid stays, what is not goes, and without a list nothing does. */

const LIMIT_MS = 30_000;
const VALID = "cni.dev/valid-attachments";
/** What is in the container, and what its link does to the master, which goes with it. */
const IN_CONTAINER = /^\+ \/run\/netns\/|^\+ link: .*"ifname":"uplink0"/;
const OWN = [{ containerID: "box-1", ifname: "eth0" }];

let host: Host;
beforeAll(async () => {
  host = await Host.create();
});

function failures(answers: readonly Played[]): string[] {
  return answers
    .filter(({ exitCode, stdout }) => exitCode !== 0 || stdout !== "")
    .map(({ type, stdout, stderr }) => `${type}: ${stdout} ${stderr}`);
}

async function collect(play: Play, valid: unknown, more: object = {}): Promise<string[]> {
  const request = (given: object): Record<string, unknown> => {
    return { ...given, cniVersion: "1.1.0", [VALID]: valid, ...more };
  };
  return failures(await play.call("GC", { request, prevResult: undefined }));
}

async function changedBy(play: Play, work: () => Promise<unknown>): Promise<string[]> {
  const before = await host.snapshot([play.scene.container]);
  await work();
  return changes(before, await host.snapshot([play.scene.container]));
}

const { missing } = hawserPlugins();

for (const plugin of PLUGIN_NAMES) {
  for (const example of readExamples(plugin)) {
    const register = missing === undefined ? needs(...example.needs) : skipBecause(missing);
    const test = (name: string, work: (play: Play) => Promise<void>): void =>
      register(name, () => played(example, work), LIMIT_MS);

    describe(`${plugin}, ${example.title}`, () => {
      test("GC keeps what is valid, and CHECK is content afterwards", async (play) => {
        const changed = await changedBy(play, async () => {
          expect(await collect(play, OWN)).toEqual([]);
          expect(await collect(play, [{ containerID: "other", ifname: "eth0" }, ...OWN])).toEqual(
            [],
          );
        });
        expect(changed).toEqual([]);
        expect(failures(await play.call("CHECK"))).toEqual([]);
      });

      test("GC of another network leaves it alone", async (play) => {
        const changed = await changedBy(play, async () => {
          expect(await collect(play, [], { name: "another" })).toEqual([]);
        });
        expect(changed).toEqual([]);
      });

      test("GC without a list, or with one of no sense, refuses", async (play) => {
        const changed = await changedBy(play, async () => {
          for (const list of [undefined, {}, "box-1", [7], [{ containerID: "box-1" }], [{}]]) {
            const request = (given: object): Record<string, unknown> => {
              const all = { ...given, cniVersion: "1.1.0" };
              return list === undefined ? all : { ...all, [VALID]: list };
            };
            for (const answer of await play.call("GC", { request, prevResult: undefined })) {
              const { code } = faultOf(answer);
              expect({ list, type: answer.type, code }).toMatchObject({ code: 7 });
            }
          }
        });
        expect(changed).toEqual([]);
      });

      test("GC removes what is left of a container that is gone, and twice", async (play) => {
        await play.endContainer();
        expect(await collect(play, [])).toEqual([]);
        expect(await play.more()).toEqual([]);
        expect(await collect(play, [])).toEqual([]);
        expect(failures(await play.call("DEL"))).toEqual([]);
        expect(await play.more()).toEqual([]);
      });

      test("GC removes what is left of a container that is there still, but not valid", async (play) => {
        expect(await collect(play, [{ containerID: "box-2", ifname: "eth0" }])).toEqual([]);
        const left = await play.more();
        const reachable = left.filter((line) => !IN_CONTAINER.test(line));
        expect(reachable).toEqual([]);
        expect(failures(await play.call("DEL"))).toEqual([]);
        expect(await play.more()).toEqual([]);
      });
    });
  }
}

async function played(example: Example, work: (play: Play) => Promise<void>): Promise<void> {
  const play = await Play.open(host, example);
  try {
    await play.addHere();
    await work(play);
  } finally {
    await play.close();
  }
}
