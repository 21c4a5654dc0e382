import { Finding } from "../../check.ts";
import type { Subject } from "../../subject/index.ts";
import { brief, expect, expectError, expectResult, expectSuccess, isObject } from "../answer.ts";
import { inEachVersion, needsVersion, type PluginCheck } from "../define.ts";
import { VERSIONS } from "../versions.ts";
import { changesNothing, expectRefusal, textOf } from "./judge.ts";

/** The version of the configuration: which are served, and what becomes of the others. */

const UNKNOWN = "9.9.9";

/** Nearly versions; none equals one that a plugin can name. */
const GARBAGE = [
  "banana",
  "1",
  "v1.0.0",
  "1.0.0-rc1",
  "1.0.0.0",
  "1..0",
  " 1.0.0",
  "-1.0.0",
  "1.0.0\n",
];

function foreign({ versions }: Subject): string[] {
  return versions.filter((version) => !VERSIONS.some((known) => known === version));
}

export const VERSION_RULES: readonly PluginCheck[] = [
  ...inEachVersion({
    name: "del-works-in-version",
    rule: "R106",
    level: "MUST",
    tries: "calls ADD and DEL in this version, which VERSION has named",
    profile: "full",
    async run(scene) {
      const added = await scene.add();
      const keepsResult = scene.version !== "0.1.0" && scene.version !== "0.2.0";
      await scene.del(added, { config: keepsResult ? {} : { prevResult: undefined } });
    },
  }),
  {
    name: "versions-named-are-served",
    rule: "R106",
    level: "MUST",
    tries: "calls ADD in each version that VERSION has named and the suite does not know",
    profile: "full",
    unfit: (subject) => (foreign(subject).length === 0 ? "it names no other versions" : undefined),
    async run(scene) {
      const container = await scene.container();
      for (const cniVersion of foreign(scene.subject)) {
        const answer = await scene.call("ADD", { container, config: { cniVersion } });
        const isRefused = isObject(answer.json) && answer.json["code"] === 1;
        expect(!isRefused, `ADD in version ${cniVersion} is not refused with code 1`, answer.json);
      }
    },
  },
  {
    name: "unknown-version-is-code-1",
    rule: "R122",
    level: "MUST",
    tries: `calls ADD in version ${UNKNOWN}`,
    profile: "quick",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], `ADD in version ${UNKNOWN}`, async () => {
        const answer = await scene.call("ADD", { container, config: { cniVersion: UNKNOWN } });
        expectError(answer, `ADD in version ${UNKNOWN}`, { codes: [1] });
      });
    },
  },
  {
    name: "versions-not-named-are-code-1",
    rule: "R122",
    level: "MUST",
    tries: "calls ADD in each version that VERSION has not named",
    profile: "quick",
    unfit: ({ versions }) =>
      VERSIONS.every((version) => versions.includes(version)) ? "it names all versions" : undefined,
    async run(scene) {
      const container = await scene.container();
      const others = VERSIONS.filter((version) => !scene.subject.versions.includes(version));
      for (const cniVersion of others) {
        const answer = await scene.call("ADD", { container, config: { cniVersion } });
        expectError(answer, `ADD in version ${cniVersion}`, { codes: [1] });
      }
    },
  },
  {
    name: "unknown-version-names-what-it-takes",
    rule: "R122",
    level: "SHOULD",
    tries: `calls ADD in version ${UNKNOWN}, and reads which versions the error names`,
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      const answer = await scene.call("ADD", { container, config: { cniVersion: UNKNOWN } });
      const text = textOf(expectError(answer, `ADD in version ${UNKNOWN}`));
      const left = [UNKNOWN, ...scene.subject.versions].filter((each) => !text.includes(each));
      if (left.length === 0) return;
      const expected = `an error that names ${UNKNOWN} and all versions it takes`;
      throw new Finding({ expected, came: `${left.join(", ")} missing in ${brief(text)}` });
    },
  },
  ...(["DEL", "CHECK", "GC", "STATUS"] as const).map((operation): PluginCheck => {
    const first = { DEL: "0.1.0", CHECK: "0.4.0", GC: "1.1.0", STATUS: "1.1.0" }[operation];
    return {
      name: `unknown-version-in-${operation.toLowerCase()}`,
      rule: "R122",
      level: "SHOULD",
      tries: `calls ${operation} in version ${UNKNOWN}, beside an attachment`,
      profile: "full",
      unfit: needsVersion(first),
      async run(scene) {
        const { container, result } = await scene.add();
        await changesNothing(scene, [container], `${operation} in version ${UNKNOWN}`, async () => {
          const isOfHost = operation === "GC" || operation === "STATUS";
          const config = { cniVersion: UNKNOWN, "cni.dev/valid-attachments": [] };
          const answer = isOfHost
            ? await scene.call(operation, { config })
            : await scene.call(operation, {
                container,
                config: { cniVersion: UNKNOWN, prevResult: result },
              });
          expectError(answer, `${operation} in version ${UNKNOWN}`, { codes: [1] });
        });
      },
    };
  }),
  {
    name: "garbage-for-a-version",
    rule: "R121",
    level: "SHOULD",
    tries: "calls ADD with a cniVersion that is no version, or is spelled in another way",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD with garbage for a version", async () => {
        for (const cniVersion of GARBAGE) {
          const answer = await scene.call("ADD", { container, config: { cniVersion } });
          const what = `ADD with the cniVersion ${JSON.stringify(cniVersion)}`;
          expectRefusal(answer, what, 1, 6, 7);
        }
      });
    },
  },
  {
    name: "a-version-is-a-text",
    rule: "R121",
    level: "SHOULD",
    tries: "calls ADD with a cniVersion that is a number, true, a list and an object",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD with such a version", async () => {
        for (const cniVersion of [1, 1.1, true, ["1.0.0"], { major: 1 }]) {
          const answer = await scene.call("ADD", { container, config: { cniVersion } });
          const what = `ADD with the cniVersion ${JSON.stringify(cniVersion)}`;
          expectRefusal(answer, what, 1, 6, 7);
        }
      });
    },
  },
  {
    name: "no-version-is-the-oldest",
    rule: "R123",
    level: "SHOULD",
    tries: "calls ADD and DEL with a configuration without cniVersion",
    profile: "full",
    version: "0.1.0",
    async run(scene) {
      const container = await scene.container();
      const config = { cniVersion: undefined };
      const answer = await scene.call("ADD", { container, config });
      const { versions } = scene.subject;
      if (!versions.includes("0.1.0") && !versions.includes("0.2.0")) {
        expectError(answer, "ADD without cniVersion, where 0.1.0 is not named", { codes: [1] });
        return;
      }
      const result = expectResult(answer, "ADD without cniVersion");
      const came = result["cniVersion"];
      const isOld = came === undefined || came === "" || came === "0.1.0" || came === "0.2.0";
      expect(isOld, "a result of version 0.1.0 or 0.2.0", result);
      expect(!("ips" in result), "a result in the shape of 0.1.0", result);
      expectSuccess(await scene.call("DEL", { container, config }));
    },
  },
];
