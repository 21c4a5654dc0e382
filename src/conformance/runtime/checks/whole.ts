import { expect } from "../../plugin/answer.ts";
import { needs, type RuntimeCheck, unless } from "../define.ts";
import { expectFailure } from "../scene.ts";

/** Parameters arrive whole, and at each plugin of a chain. */

/** As long as the IDs of most runtimes. */
const LONG_ID = "0123456789abcdef".repeat(4);
const ARGS = "FOO=BAR;ABC=123";

export const WHOLE: readonly RuntimeCheck[] = [
  {
    name: "a-long-container-id-arrives",
    rule: "R29",
    level: "MUST",
    tries: "adds a container whose ID has 64 characters",
    profile: "full",
    unfit: needs("containerId"),
    async run(scene) {
      scene.network();
      const container = { ...(await scene.container()), containerId: LONG_ID };
      await scene.add({ container });
      const came = scene.recorder.calls("ADD").map(({ env }) => env["CNI_CONTAINERID"]);
      const isWhole = came.length === 3 && came.every((id) => id === LONG_ID);
      expect(isWhole, `three calls with CNI_CONTAINERID=${LONG_ID}`, came);
    },
  },
  {
    name: "same-arguments-for-all-plugins",
    rule: "R35",
    level: "MUST",
    tries: "adds and deletes a container with two arguments, and looks at each plugin's",
    profile: "full",
    unfit: needs("args"),
    async run(scene) {
      scene.network();
      const container = await scene.add({ args: ARGS });
      await scene.done("del", { container, args: ARGS });
      for (const operation of ["ADD", "DEL"]) {
        const came = scene.recorder.calls(operation).map(({ env }) => env["CNI_ARGS"]);
        const isSame = came.length === 3 && came.every((args) => args === ARGS);
        expect(isSame, `three calls of ${operation} with CNI_ARGS=${ARGS}`, came);
      }
    },
  },
  {
    name: "refuses-an-empty-namespace",
    rule: "R43",
    level: "SHOULD",
    tries: "adds a container without a path of its namespace",
    profile: "full",
    unfit: unless(needs("netns", "containerId")),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = { ...(await scene.container()), netns: "" };
      expectFailure(await scene.call("add", { container }), "ADD without a namespace");
    },
  },
];
