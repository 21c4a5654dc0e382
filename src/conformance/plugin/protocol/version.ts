import type { Subject } from "../../subject/index.ts";
import { type Answer, expect, expectResult } from "../answer.ts";
import type { PluginCheck } from "../define.ts";
import type { PluginScene } from "../scene.ts";
import { changesNothing } from "./judge.ts";

/** VERSION: what it needs, and what it answers. */

function hasNone({ versions }: Subject): string | undefined {
  const isOldest = versions.length === 1 && versions[0] === "0.1.0";
  return isOldest ? "it knows 0.1.0 alone, which has no VERSION" : undefined;
}

function versionsOf(answer: Answer): string[] {
  const { supportedVersions: list } = expectResult(answer);
  const expected = '"supportedVersions", a list of texts that is not empty';
  expect(Array.isArray(list) && list.length > 0, expected, answer.stdout);
  const texts = list.filter((each): each is string => typeof each === "string");
  expect(texts.length === list.length, expected, answer.stdout);
  return texts;
}

async function ask(
  scene: PluginScene,
  stdin: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return await scene.call("VERSION", { stdin, env: { CNI_PATH: undefined, ...env } });
}

const REQUEST = '{"cniVersion":"1.0.0"}';

export const VERSION: readonly PluginCheck[] = [
  {
    name: "version-answers",
    rule: "R106",
    level: "MUST",
    tries: "calls VERSION with CNI_COMMAND alone",
    profile: "quick",
    unfit: hasNone,
    async run(scene) {
      const answer = await ask(scene, REQUEST);
      versionsOf(answer);
      const { cniVersion } = expectResult(answer);
      expect(typeof cniVersion === "string", '"cniVersion", a text', answer.stdout);
    },
  },
  {
    name: "version-names-versions",
    rule: "R106",
    level: "MUST",
    tries: "calls VERSION and reads its list",
    profile: "full",
    unfit: hasNone,
    async run(scene) {
      const versions = versionsOf(await ask(scene, REQUEST));
      const bad = versions.filter((version) => !/^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/u.test(version));
      expect(bad.length === 0, "each version of the form 1.2.3", bad);
      expect(new Set(versions).size === versions.length, "each version once", versions);
    },
  },
  {
    name: "version-answers-in-the-version-asked-for",
    rule: "R63",
    level: "SHOULD",
    tries: "calls VERSION in versions 0.4.0 and 1.0.0",
    profile: "quick",
    unfit: hasNone,
    async run(scene) {
      for (const version of ["0.4.0", "1.0.0"]) {
        const answer = await ask(scene, JSON.stringify({ cniVersion: version }));
        const { cniVersion } = expectResult(answer);
        expect(cniVersion === version, `the cniVersion "${version}" of the request`, cniVersion);
      }
    },
  },
  {
    name: "version-has-one-list",
    rule: "R106",
    level: "SHOULD",
    tries: "calls VERSION in an old, a new and an unknown version",
    profile: "full",
    unfit: hasNone,
    async run(scene) {
      const lists: string[] = [];
      for (const version of ["0.2.0", "1.1.0", "9.9.9"]) {
        const versions = versionsOf(await ask(scene, JSON.stringify({ cniVersion: version })));
        lists.push(versions.join(" "));
      }
      expect(new Set(lists).size === 1, "the same list each time", lists);
    },
  },
  {
    name: "version-bears-other-parameters",
    rule: "R63",
    level: "MUST",
    tries: "calls VERSION with the placeholders that libcni sends, and a whole configuration",
    profile: "full",
    unfit: hasNone,
    async run(scene) {
      const dummies = { CNI_NETNS: "dummy", CNI_IFNAME: "dummy", CNI_PATH: "dummy" };
      const env = { ...dummies, CNI_CONTAINERID: "", CNI_ARGS: "" };
      versionsOf(await ask(scene, REQUEST, env));
      versionsOf(await ask(scene, JSON.stringify(scene.config()), env));
    },
  },
  {
    name: "version-without-input",
    rule: "R63",
    level: "SHOULD",
    tries: "calls VERSION with an empty stdin",
    profile: "full",
    unfit: hasNone,
    async run(scene) {
      versionsOf(await ask(scene, ""));
    },
  },
  {
    name: "version-changes-nothing",
    rule: "R63",
    level: "MUST",
    tries: "calls VERSION with the parameters of an attachment",
    profile: "full",
    unfit: hasNone,
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "VERSION", async () => {
        versionsOf(
          await scene.call("VERSION", { container, stdin: JSON.stringify(scene.config()) }),
        );
      });
    },
  },
];
