import { expect } from "../../plugin/answer.ts";
import { needs, type RuntimeCheck } from "../define.ts";
import { expectFailure } from "../scene.ts";

/** VERSION, SPEC section 2. */

export const VERSION: readonly RuntimeCheck[] = [
  {
    name: "request-of-version",
    rule: "R64",
    level: "MUST",
    tries: "asks for the versions that a network's plugins support",
    profile: "quick",
    unfit: needs("version"),
    async run(scene) {
      scene.network(["rec-a"]);
      await scene.done("version");
      const [call] = scene.recorder.calls("VERSION");
      const came = call?.request["cniVersion"];
      expect(typeof came === "string", "VERSION with a cniVersion on stdin", call?.stdin);
    },
  },
  {
    name: "a-plugin-without-version",
    rule: "R107",
    level: "SHOULD",
    tries: "asks for the versions of a plugin of the oldest specification",
    profile: "full",
    unfit: needs("version"),
    async run(scene) {
      scene.network(["rec-a"]);
      const error = { code: 4, msg: "unknown CNI_COMMAND: VERSION" };
      scene.recorder.failure("rec-a", "VERSION", error);
      await scene.done("version");
    },
  },
  {
    name: "a-plugin-that-does-not-answer-version",
    rule: "R107",
    level: "SHOULD",
    tries: "asks for the versions of a plugin that gives none",
    profile: "full",
    unfit: needs("version"),
    async run(scene) {
      scene.network(["rec-a"]);
      scene.recorder.answer("rec-a", "VERSION", { stdout: { cniVersion: "1.0.0" } });
      expectFailure(await scene.call("version"), "VERSION of a plugin that names no version");
    },
  },
];
