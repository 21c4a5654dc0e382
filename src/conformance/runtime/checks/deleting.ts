import { expect } from "../../plugin/answer.ts";
import { expectNoPrevResult, expectOrder, expectPrevResult } from "../compare.ts";
import { needs, needsVersion, type RuntimeCheck, unless } from "../define.ts";
import { addressOf } from "../recorder.ts";
import { type Container, expectFailure, expectSaid, type RuntimeScene } from "../scene.ts";

/** A DEL that fails, and DEL again. */

const again = unless(needs("repeatedDel"), needsVersion("0.4.0"));

async function failingDel(scene: RuntimeScene): Promise<Container> {
  scene.network();
  const container = await scene.add();
  const error = { cniVersion: scene.version, code: 11, msg: "the pool is busy" };
  scene.recorder.failure("rec-b", "DEL", error);
  const reply = await scene.call("del", { container });
  expectFailure(reply, "DEL whose second plugin fails");
  return container;
}

export const DELETING: readonly RuntimeCheck[] = [
  {
    name: "del-stops-at-the-first-error",
    rule: "R82",
    level: "MUST",
    tries: "deletes from a network whose second plugin of three fails at DEL",
    profile: "quick",
    unfit: needs("repeatedDel"),
    async run(scene) {
      await failingDel(scene);
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-c", "DEL rec-b"]);
    },
  },
  {
    name: "the-error-of-del-is-said",
    rule: "R82",
    level: "MUST",
    tries: "deletes from a network whose plugin fails at DEL, and reads the error",
    profile: "full",
    unfit: needs("repeatedDel"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      const error = { cniVersion: scene.version, code: 11, msg: "the pool is busy" };
      scene.recorder.failure("rec-a", "DEL", error);
      const reply = await scene.call("del", { container });
      expectFailure(reply, "DEL of a plugin that fails");
      expectSaid(reply, error.msg);
    },
  },
  {
    name: "del-of-a-plugin-that-is-missing",
    rule: "R82",
    level: "MUST",
    tries: "deletes from a network whose plugin was removed since the ADD",
    profile: "full",
    unfit: needs("repeatedDel"),
    async run(scene) {
      scene.network(["rec-a", "rec-b"]);
      const container = await scene.add();
      scene.world.remove(`${scene.pluginDir}/rec-b`);
      expectFailure(await scene.call("del", { container }), "DEL with a plugin that is missing");
    },
  },
  {
    name: "result-stays-after-a-failed-del",
    rule: "R50",
    level: "MUST",
    tries: "deletes from a network whose second plugin fails at DEL, and deletes again",
    profile: "quick",
    unfit: again,
    async run(scene) {
      const container = await failingDel(scene);
      const before = scene.recorder.calls("DEL").length;
      scene.recorder.answer("rec-b", "DEL", {});
      await scene.done("del", { container });
      const calls = scene.recorder.calls("DEL").slice(before);
      expectOrder(calls, ["DEL rec-c", "DEL rec-b", "DEL rec-a"]);
      for (const call of calls) expectPrevResult(call, addressOf("rec-c"));
    },
  },
  {
    name: "result-is-gone-after-del",
    rule: "R50",
    level: "MUST",
    tries: "adds a container and deletes it twice",
    profile: "quick",
    unfit: again,
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      await scene.done("del", { container });
      const before = scene.recorder.calls("DEL").length;
      await scene.call("del", { container });
      for (const call of scene.recorder.calls("DEL").slice(before)) expectNoPrevResult(call);
    },
  },
  {
    name: "del-three-times",
    rule: "R75",
    level: "SHOULD",
    tries: "adds a container and deletes it three times",
    profile: "full",
    unfit: needs("repeatedDel"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      for (let time = 0; time < 3; time++) await scene.done("del", { container });
    },
  },
  {
    name: "del-of-what-was-never-added",
    rule: "R75",
    level: "SHOULD",
    tries: "deletes a container that was not added",
    profile: "full",
    unfit: needs("repeatedDel"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.container();
      await scene.done("del", { container });
      for (const call of scene.recorder.calls("DEL")) expectNoPrevResult(call);
    },
  },
  {
    name: "del-when-the-namespace-is-gone",
    rule: "R75",
    level: "MUST",
    tries: "adds a container, removes its namespace, and deletes",
    profile: "full",
    unfit: needs("netns"),
    async run(scene) {
      scene.network();
      const container = await scene.add();
      await scene.world.must(["ip", "netns", "del", "c1"]);
      await scene.done("del", { container });
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-c", "DEL rec-b", "DEL rec-a"]);
    },
  },
  {
    name: "add-after-del-begins-anew",
    rule: "R79",
    level: "MUST",
    tries: "adds, deletes and adds one container",
    profile: "full",
    async run(scene) {
      scene.network(["rec-a", "rec-b"]);
      const container = await scene.add();
      await scene.done("del", { container });
      await scene.done("add", { container });
      const [, , first, second] = scene.recorder.calls("ADD");
      expect(first !== undefined && second !== undefined, "two more calls of ADD", "fewer");
      expectNoPrevResult(first);
      expectPrevResult(second, addressOf("rec-a"));
    },
  },
];
