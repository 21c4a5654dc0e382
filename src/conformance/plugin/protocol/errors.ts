import { Finding } from "../../check.ts";
import { brief, expect, expectSuccess } from "../answer.ts";
import type { PluginCheck } from "../define.ts";
import { VERSIONS } from "../versions.ts";
import { expectRefusal, textOf } from "./judge.ts";
import { failures } from "./streams.ts";

/** The error object, and what a plugin makes of keys that it does not know. */

const KEY = "conformanceUnknown";
const VALUE = "conformance-value";

export const ERRORS: readonly PluginCheck[] = [
  {
    name: "errors-have-their-keys",
    rule: "R36",
    level: "SHOULD",
    tries: "makes calls that cannot succeed, and reads the error objects",
    profile: "full",
    async run(scene) {
      for (const [what, answer] of await failures(scene)) {
        const { code, msg, json } = expectRefusal(answer, what);
        expect(Number.isInteger(code) && code > 0, `a whole "code" from 1 on of ${what}`, json);
        expect(msg.trim() !== "", `a "msg" that says something of ${what}`, json);
        const { details } = json;
        const isText = details === undefined || typeof details === "string";
        expect(isText, `"details" of ${what} is a text, if it is there`, json);
      }
    },
  },
  {
    name: "errors-have-the-version",
    rule: "R36",
    level: "SHOULD",
    tries: "calls ADD without CNI_IFNAME, and reads cniVersion of the error",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      const answer = await scene.call("ADD", { container, env: { CNI_IFNAME: undefined } });
      const { json } = expectRefusal(answer, "ADD without CNI_IFNAME");
      const isKnown = VERSIONS.some((version) => version === json["cniVersion"]);
      expect(isKnown, '"cniVersion" in the error, a version of the specification', json);
    },
  },
  {
    name: "unknown-key-passes-or-is-named",
    rule: "R20",
    level: "MUST",
    tries:
      "calls ADD with a key that no plugin knows; an error that names key and value is right too",
    profile: "quick",
    async run(scene) {
      const container = await scene.container();
      const answer = await scene.call("ADD", { container, config: { [KEY]: VALUE } });
      if (answer.exitCode === 0) return;
      const error = expectRefusal(answer, "ADD with an unknown key", 2);
      const text = textOf(error);
      const isNamed = text.includes(KEY) && text.includes(VALUE);
      if (error.code !== 2 || isNamed) return;
      const expected = `an error of code 2 that names the key ${KEY} and its value ${VALUE}`;
      throw new Finding({ expected, came: brief(text) });
    },
  },
  {
    name: "unknown-keys-of-all-kinds",
    rule: "R20",
    level: "SHOULD",
    tries: "calls ADD and DEL with unknown keys whose values are of each kind of JSON",
    profile: "full",
    async run(scene) {
      const values = [1, 1.5, true, null, [1, [2]], { a: { b: [] } }, "<&>\u{2028}"];
      const config = Object.fromEntries(values.map((value, at) => [`${KEY}${at}`, value]));
      const container = await scene.container();
      const answer = await scene.call("ADD", { container, config });
      if (answer.exitCode !== 0) expectRefusal(answer, "ADD with unknown keys", 2);
      else expectSuccess(await scene.call("DEL", { container, config }), "DEL with the same keys");
    },
  },
  {
    name: "args-are-borne",
    rule: "R21",
    level: "SHOULD",
    tries: "calls ADD with labels and foreign data under args",
    profile: "full",
    async run(scene) {
      const labels = [{ key: "app", value: "web" }];
      await scene.add(undefined, { config: { args: { cni: { labels }, conformance: [1, "a"] } } });
    },
  },
  {
    name: "keys-of-the-runtime-are-borne",
    rule: "R22",
    level: "SHOULD",
    tries: "calls ADD with a key under cni.dev/ and with foreign runtimeConfig and capabilities",
    profile: "full",
    async run(scene) {
      const own = scene.subject.runtimeConfig ?? {};
      await scene.add(undefined, {
        config: {
          "cni.dev/conformance": { a: 1 },
          runtimeConfig: { ...own, conformance: ["x"] },
          capabilities: { conformance: true },
        },
      });
    },
  },
];
