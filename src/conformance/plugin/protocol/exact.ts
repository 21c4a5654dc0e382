import { expect, expectError, expectSuccess } from "../answer.ts";
import { needsVersion, type PluginCheck } from "../define.ts";
import { expectRefusal } from "./judge.ts";

/** Codes and input, to the letter. */

/** More than a pipe holds, and less than any limit that is sensible. */
const LARGE = 100_000;

export const EXACT: readonly PluginCheck[] = [
  {
    name: "errors-have-the-version-of-the-request",
    rule: "R36",
    level: "SHOULD",
    tries: "calls ADD with a bad network name, and reads cniVersion of the error, if it is there",
    profile: "full",
    unfit: needsVersion("0.4.0"),
    async run(scene) {
      const container = await scene.container();
      const answer = await scene.call("ADD", { container, config: { name: "no/name" } });
      const { json } = expectError(answer, "ADD with a bad network name");
      const { cniVersion = scene.version } = json;
      expect(cniVersion === scene.version, `"cniVersion": "${scene.version}" in the error`, json);
    },
  },
  {
    name: "input-with-text-behind-it-is-refused",
    rule: "R25",
    level: "SHOULD",
    tries: "calls ADD with text behind the configuration, which is no JSON then",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      const { prevResult } = container;
      const stdin = `${JSON.stringify({ ...scene.config(container), prevResult })} and more`;
      const answer = await scene.call("ADD", { container, stdin });
      expectRefusal(answer, "ADD with text behind the configuration", 5, 6, 7);
    },
  },
  {
    name: "a-large-configuration-works",
    rule: "R25",
    level: "SHOULD",
    tries: `calls ADD with a text of ${LARGE} bytes under args, where any data may be`,
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      const config = { args: { "org.conformance": { text: "x".repeat(LARGE) } } };
      expectSuccess(await scene.call("ADD", { container, config }), "ADD with much under args");
    },
  },
];
