import { expect } from "../../plugin/answer.ts";
import { expectNoPrevResult, expectOrder, order } from "../compare.ts";
import { needs, type RuntimeCheck } from "../define.ts";
import { expectFailure, expectSaid, type RuntimeScene } from "../scene.ts";

/** An ADD that fails, and what comes after it. */

const ERROR = { code: 11, msg: "the pool is busy", details: "lease 7 is held" };
const OWN_CODE = 7193;

/** ADD to a chain of three whose second plugin fails. */
async function failingAdd(scene: RuntimeScene) {
  scene.network();
  scene.recorder.failure("rec-b", "ADD", { cniVersion: scene.version, ...ERROR });
  const container = await scene.container();
  const reply = await scene.call("add", { container });
  expectFailure(reply, "ADD whose second plugin fails");
  return { container, reply };
}

export const FAILING: readonly RuntimeCheck[] = [
  {
    name: "add-stops-at-the-first-error",
    rule: "R80",
    level: "MUST",
    tries: "adds to a network whose second plugin of three fails",
    profile: "quick",
    async run(scene) {
      await failingAdd(scene);
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a", "ADD rec-b"]);
    },
  },
  {
    name: "the-error-of-the-plugin-is-said",
    rule: "R125",
    level: "SHOULD",
    tries: "adds to a network whose second plugin fails with msg and details",
    profile: "quick",
    async run(scene) {
      const { reply } = await failingAdd(scene);
      expectSaid(reply, ERROR.msg, ERROR.details);
    },
  },
  {
    name: "the-code-of-the-plugin-is-said",
    rule: "R125",
    level: "MUST",
    tries: `adds to a network whose plugin fails with code ${OWN_CODE}`,
    profile: "full",
    unfit: needs("errorCode"),
    async run(scene) {
      scene.network(["rec-a"]);
      const error = { cniVersion: scene.version, code: OWN_CODE, msg: "the pool is busy" };
      scene.recorder.failure("rec-a", "ADD", error);
      const container = await scene.container();
      const reply = await scene.call("add", { container });
      expectFailure(reply, "ADD whose plugin fails");
      expectSaid(reply, String(OWN_CODE));
    },
  },
  {
    name: "every-add-is-followed-by-del",
    rule: "R75",
    level: "MUST",
    tries: "adds to a network whose second plugin of three fails, and deletes",
    profile: "quick",
    async run(scene) {
      const { container } = await failingAdd(scene);
      await scene.call("del", { container }); // A runtime that has cleaned up has nothing to do.
      const came = order(scene.recorder.calls("DEL")).filter((call) => call !== "DEL rec-c");
      const [first, second] = came;
      const fits = first === "DEL rec-b" && second === "DEL rec-a";
      expect(fits, "DEL of rec-b, then of rec-a", came);
    },
  },
  {
    name: "del-after-a-failed-add",
    rule: "R75",
    level: "MUST",
    tries: "adds to a network whose second plugin fails, deletes, and looks at the exit code",
    profile: "full",
    async run(scene) {
      const { container } = await failingAdd(scene);
      await scene.done("del", { container });
    },
  },
  {
    name: "add-after-a-failed-add",
    rule: "R79",
    level: "MUST",
    tries: "adds to a network whose second plugin fails, deletes, and adds again",
    profile: "full",
    async run(scene) {
      const { container } = await failingAdd(scene);
      await scene.call("del", { container });
      const before = scene.recorder.calls("ADD").length;
      scene.recorder.install(scene.pluginDir, "rec-b", scene.version);
      await scene.done("add", { container });
      const again = scene.recorder.calls("ADD").slice(before);
      expectOrder(again, ["ADD rec-a", "ADD rec-b", "ADD rec-c"]);
      const [first] = again;
      if (first !== undefined) expectNoPrevResult(first);
    },
  },
  {
    name: "a-plugin-that-is-missing",
    rule: "R78",
    level: "MUST",
    tries: "adds to a network whose second plugin is not installed",
    profile: "quick",
    async run(scene) {
      scene.network(["rec-a", "rec-missing", "rec-c"]);
      const container = await scene.container();
      const reply = await scene.call("add", { container });
      expectFailure(reply, "ADD with a plugin that is missing");
      const came = order(scene.recorder.calls("ADD"));
      expect(!came.includes("ADD rec-c"), "no call behind the missing plugin", came);
    },
  },
  {
    name: "the-missing-plugin-is-named",
    rule: "R78",
    level: "SHOULD",
    tries: "adds to a network whose second plugin is not installed, and reads the error",
    profile: "full",
    async run(scene) {
      scene.network(["rec-a", "rec-missing"]);
      const container = await scene.container();
      const reply = await scene.call("add", { container });
      expectFailure(reply, "ADD with a plugin that is missing");
      expectSaid(reply, "rec-missing");
    },
  },
  {
    name: "a-plugin-that-is-not-executable",
    rule: "R78",
    level: "MUST",
    tries: "adds to a network whose plugin is a file that cannot be executed",
    profile: "full",
    async run(scene) {
      scene.world.write(`${scene.pluginDir}/rec-text`, "no program\n", 0o644);
      scene.network(["rec-text"]);
      const container = await scene.container();
      expectFailure(await scene.call("add", { container }), "ADD with a plugin that is a text");
    },
  },
  {
    name: "add-twice",
    rule: "R42",
    level: "SHOULD",
    tries: "adds one container to one network under one interface name twice",
    profile: "full",
    unfit: needs("netns"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      expectFailure(await scene.call("add", { container }), "the second ADD without DEL between");
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a"]);
    },
  },
  {
    name: "a-plugin-that-hangs",
    rule: "R80",
    level: "SHOULD",
    tries: "adds to a network whose plugin never ends, where it may take a second",
    profile: "full",
    unfit: needs("timeout"),
    async run(scene) {
      scene.recorder.answer("rec-a", "ADD", { seconds: 60 });
      scene.network(["rec-a"]);
      const container = await scene.container();
      const reply = await scene.call("add", { container, timeoutSeconds: 1 });
      expectFailure(reply, "ADD of a plugin that hangs");
    },
  },
];
