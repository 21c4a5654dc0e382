import { expect } from "../../plugin/answer.ts";
import { expectOrder, expectPrevResult, holds } from "../compare.ts";
import { inVersions, needs, needsVersion, type RuntimeCheck, unless } from "../define.ts";
import { addressOf } from "../recorder.ts";
import { CHAIN, expectFailure, expectSaid } from "../scene.ts";

/** CHECK, SPEC sections 2 and 3. */

const can = unless(needs("check"), needsVersion("0.4.0"));

export const CHECKING: readonly RuntimeCheck[] = [
  {
    name: "check-in-order",
    rule: "R83",
    level: "MUST",
    tries: "adds and checks a container on a network of three plugins",
    profile: "quick",
    unfit: can,
    async run(scene) {
      scene.network();
      const container = await scene.add();
      await scene.done("check", { container });
      expectOrder(
        scene.recorder.calls("CHECK"),
        CHAIN.map((plugin) => `CHECK ${plugin}`),
      );
    },
  },
  ...inVersions(
    {
      name: "check-with-the-result-of-the-add",
      rule: "R52",
      level: "MUST",
      tries: "adds and checks a container and looks at the prevResult of each CHECK",
      profile: "full",
      unfit: can,
      async run(scene) {
        scene.network();
        const container = await scene.add();
        await scene.done("check", { container });
        const calls = scene.recorder.calls("CHECK");
        expect(calls.length === CHAIN.length, `${CHAIN.length} calls of CHECK`, calls.length);
        for (const call of calls) expectPrevResult(call, addressOf("rec-c"));
      },
    },
    "0.4.0",
  ),
  ...inVersions(
    {
      name: "no-check-in-old-versions",
      rule: "R51",
      level: "MUST",
      tries: "adds and checks a container on a network of a version without CHECK",
      profile: "full",
      unfit: needs("check"),
      async run(scene) {
        scene.network();
        const container = await scene.add();
        await scene.call("check", { container }); // It may say that it cannot.
        expectOrder(scene.recorder.calls("CHECK"), []);
      },
    },
    "0.3.0",
    "0.3.1",
  ),
  {
    name: "disable-check",
    rule: "R8",
    level: "MUST",
    tries: "adds and checks a container on a network with disableCheck",
    profile: "quick",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"], { disableCheck: true });
      const container = await scene.add();
      await scene.done("check", { container });
      expectOrder(scene.recorder.calls("CHECK"), []);
    },
  },
  {
    name: "disable-check-as-a-text",
    rule: "R10",
    level: "SHOULD",
    tries: 'checks a container on a network with disableCheck "true", as 0.4.0 has it',
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"], { disableCheck: "true" });
      const container = await scene.add();
      await scene.done("check", { container });
      expectOrder(scene.recorder.calls("CHECK"), []);
    },
  },
  {
    name: "the-error-of-check-is-returned",
    rule: "R83",
    level: "MUST",
    tries: "checks a container whose second plugin fails at CHECK",
    profile: "quick",
    unfit: can,
    async run(scene) {
      scene.network();
      const container = await scene.add();
      const error = { cniVersion: scene.version, code: 107, msg: "the address is lost" };
      scene.recorder.failure("rec-b", "CHECK", error);
      const reply = await scene.call("check", { container });
      expectFailure(reply, "CHECK whose second plugin fails");
      expectSaid(reply, error.msg);
    },
  },
  {
    name: "what-check-prints-does-not-matter",
    rule: "R57",
    level: "SHOULD",
    tries: "checks a container whose plugin prints no JSON and succeeds",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      scene.recorder.answer("rec-a", "CHECK", { stdout: "all is well\n" });
      await scene.done("check", { container });
    },
  },
  {
    name: "check-of-a-plugin-that-is-missing",
    rule: "R86",
    level: "MUST",
    tries: "checks a container whose plugin was removed since the ADD",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a", "rec-b"]);
      const container = await scene.add();
      scene.world.remove(`${scene.pluginDir}/rec-b`);
      const reply = await scene.call("check", { container });
      expectFailure(reply, "CHECK with a plugin that is missing");
    },
  },
  {
    name: "check-of-what-was-never-added",
    rule: "R52",
    level: "MUST",
    tries: "checks a container that was not added",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.container();
      await scene.call("check", { container });
      const [call] = scene.recorder.calls("CHECK");
      const came = call === undefined || "prevResult" in call.request;
      expect(came, "no CHECK without prevResult", call?.request);
    },
  },
  {
    name: "no-check-after-del",
    rule: "R51",
    level: "MUST",
    tries: "adds, deletes and checks a container",
    profile: "full",
    unfit: unless(can, needs("repeatedDel")),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      await scene.done("del", { container });
      await scene.call("check", { container });
      expectOrder(scene.recorder.calls("CHECK"), []);
    },
  },
  {
    name: "check-with-the-parameters-of-the-add",
    rule: "R53",
    level: "MUST",
    tries: "adds and checks a container with the same arguments and capability values",
    profile: "full",
    unfit: unless(can, needs("args", "capabilities")),
    async run(scene) {
      scene.network([{ type: "rec-a", capabilities: { mac: true } }]);
      const given = { args: "FOO=BAR", capabilities: { mac: "02:11:22:33:44:55" } };
      const container = await scene.add(given);
      await scene.done("check", { container, ...given });
      const [add] = scene.recorder.calls("ADD");
      const [check] = scene.recorder.calls("CHECK");
      for (const key of ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS"]) {
        const [came, wanted] = [check?.env[key], add?.env[key]];
        expect(came === wanted, `${key}=${wanted}, as at ADD`, came);
      }
      const came = check?.request["runtimeConfig"];
      expect(holds(came, given.capabilities), "the runtimeConfig of the ADD", came);
    },
  },
  {
    name: "check-remembers-the-parameters",
    rule: "R53",
    level: "SHOULD",
    tries: "adds with arguments and capability values, and checks without naming them",
    profile: "full",
    unfit: unless(can, needs("args", "capabilities")),
    async run(scene) {
      scene.network([{ type: "rec-a", capabilities: { mac: true } }]);
      const capabilities = { mac: "02:11:22:33:44:55" };
      const container = await scene.add({ args: "FOO=BAR", capabilities });
      await scene.done("check", { container });
      const [check] = scene.recorder.calls("CHECK");
      const args = check?.env["CNI_ARGS"];
      const fits = args === "FOO=BAR" && holds(check?.request["runtimeConfig"], capabilities);
      expect(fits, "CNI_ARGS and runtimeConfig of the ADD", [args, check?.request]);
    },
  },
];
