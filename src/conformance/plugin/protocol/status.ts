import { expect, expectError, expectSuccess } from "../answer.ts";
import { delegates, needsVersion, type PluginCheck, unless } from "../define.ts";
import { changesNothing, expectRefusal } from "./judge.ts";

/** STATUS, which is there from 1.1.0 on. */

const CODE_UNAVAILABLE = 50;
const NOT_READY = {
  cniVersion: "1.1.0",
  code: CODE_UNAVAILABLE,
  msg: "the pool of the conformance suite is dry",
};

const forwarding = unless(needsVersion("1.1.0"), delegates);

export const STATUS: readonly PluginCheck[] = [
  {
    name: "status-of-a-ready-plugin",
    rule: "R59",
    level: "MUST",
    tries: "calls STATUS with a configuration whose ADD works",
    profile: "quick",
    unfit: needsVersion("1.1.0"),
    async run(scene) {
      expectSuccess(await scene.call("STATUS"));
    },
  },
  {
    name: "status-asks-the-ipam-plugin",
    rule: "R61",
    level: "MUST",
    tries: "calls STATUS while the IPAM plugin fails STATUS",
    profile: "quick",
    unfit: forwarding,
    async run(scene) {
      scene.stub.failOn("STATUS", NOT_READY);
      const answer = await scene.call("STATUS");
      const calls = scene.stub.calls().map(({ command }) => command);
      expect(calls.includes("STATUS"), "the IPAM plugin called with STATUS", calls);
      expectRefusal(answer, "STATUS while the IPAM plugin fails it");
    },
  },
  {
    name: "status-hands-on-the-error",
    rule: "R61",
    level: "SHOULD",
    tries: "calls STATUS while the IPAM plugin fails it with code 50, and reads the error",
    profile: "full",
    unfit: forwarding,
    async run(scene) {
      scene.stub.failOn("STATUS", NOT_READY);
      const what = "STATUS while the IPAM plugin fails it with code 50";
      expectError(await scene.call("STATUS"), what, { codes: [CODE_UNAVAILABLE] });
    },
  },
  {
    name: "add-after-a-failed-status",
    rule: "R60",
    level: "MUST",
    tries: "lets STATUS fail, then calls ADD and DEL",
    profile: "full",
    unfit: forwarding,
    async run(scene) {
      scene.stub.failOn("STATUS", NOT_READY);
      await scene.call("STATUS");
      await scene.del(await scene.add());
    },
  },
  {
    name: "status-with-attachments",
    rule: "R59",
    level: "SHOULD",
    tries: "calls STATUS beside an attachment, and again when it is gone",
    profile: "full",
    unfit: needsVersion("1.1.0"),
    async run(scene) {
      const added = await scene.add();
      expectSuccess(await scene.call("STATUS"), "STATUS beside an attachment");
      await scene.del(added);
      expectSuccess(await scene.call("STATUS"), "STATUS after DEL");
    },
  },
  {
    name: "status-changes-nothing",
    rule: "R59",
    level: "SHOULD",
    tries: "calls STATUS with a configuration whose ADD works",
    profile: "full",
    unfit: needsVersion("1.1.0"),
    async run(scene) {
      await changesNothing(scene, [], "STATUS", async () => {
        expectSuccess(await scene.call("STATUS"));
      });
    },
  },
  {
    name: "status-before-its-version",
    rule: "R59",
    level: "SHOULD",
    tries: "calls STATUS in version 1.0.0, which has none",
    profile: "full",
    version: "1.0.0",
    unfit: unless(needsVersion("1.1.0"), ({ versions }) =>
      versions.includes("1.0.0") ? undefined : "it does not support 1.0.0",
    ),
    async run(scene) {
      expectRefusal(await scene.call("STATUS"), "STATUS in version 1.0.0", 1, 4);
    },
  },
];
