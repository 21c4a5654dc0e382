import { expect } from "../../plugin/answer.ts";
import { addressesIn, expectOrder, holds } from "../compare.ts";
import type { RuntimeCheck } from "../define.ts";
import { addressOf, type Prepared } from "../recorder.ts";
import { expectDone, expectFailure } from "../scene.ts";

/** What a runtime makes of what plugins print and how they end. */

const ADDRESS = "10.247.9.2/24";

/** What is no success of a plugin, whatever it prints. */
const FAILURES: readonly [
  name: string,
  tries: string,
  level: RuntimeCheck["level"],
  (version: string) => Prepared,
][] = [
  ["nothing-and-1", "prints nothing and ends with 1", "MUST", () => ({ exitCode: 1 })],
  [
    "no-json-and-3",
    "prints no JSON and ends with 3",
    "MUST",
    () => ({ stdout: "Segmentation fault\n", exitCode: 3 }),
  ],
  [
    "a-result-and-1",
    "prints a result and ends with 1",
    "MUST",
    (cniVersion) => ({ stdout: { cniVersion, ips: [] }, exitCode: 1 }),
  ],
  ["a-signal", "is ended by a signal", "MUST", () => ({ signal: "KILL" })],
  [
    "an-error-and-1",
    "prints an error object without more than its code and ends with 1",
    "MUST",
    (cniVersion) => ({ stdout: { cniVersion, code: 11, msg: "" }, exitCode: 1 }),
  ],
  ["nothing-and-0", "prints nothing and ends with 0", "SHOULD", () => ({})],
  ["no-json-and-0", "prints no JSON and ends with 0", "SHOULD", () => ({ stdout: "ok\n" })],
  ["a-list-and-0", "prints a list and ends with 0", "SHOULD", () => ({ stdout: "[]" })],
  [
    "half-a-result-and-0",
    "prints half a result and ends with 0",
    "SHOULD",
    (version) => ({ stdout: `{"cniVersion": "${version}", "ips": [` }),
  ],
];

const FAILURE_CHECKS = FAILURES.map(([name, tries, level, prepared]): RuntimeCheck => {
  return {
    ...{ name: `a-plugin-that-gives-${name}`, rule: "R80", level, profile: "full" },
    tries: `adds to a network whose first plugin ${tries}`,
    async run(scene) {
      scene.recorder.answer("rec-a", "ADD", prepared(scene.version));
      scene.network(["rec-a", "rec-b"]);
      const container = await scene.container();
      expectFailure(await scene.call("add", { container }), `ADD of a plugin that ${tries}`);
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a"]);
    },
  };
});

export const RESULTS: readonly RuntimeCheck[] = [
  {
    name: "stderr-is-no-part-of-the-result",
    rule: "R25",
    level: "MUST",
    tries: "adds to a network whose first plugin writes much to standard error",
    profile: "quick",
    async run(scene) {
      scene.recorder.answer("rec-a", "ADD", {
        stderr: `{"code": 7, "msg": "a log line"}\n${"log ".repeat(20_000)}\n`,
        stdout: { cniVersion: scene.version, ips: ips(scene.version) },
      });
      scene.network(["rec-a", "rec-b"]);
      await scene.add();
      const came = scene.recorder.calls("ADD", "rec-b")[0]?.request["prevResult"];
      expect(addressesIn(came).join() === ADDRESS, `a prevResult with ${ADDRESS}`, came);
    },
  },
  {
    name: "a-result-without-version",
    rule: "R103",
    level: "SHOULD",
    tries: "adds to a network whose first plugin prints a result without cniVersion",
    profile: "full",
    async run(scene) {
      scene.recorder.answer("rec-a", "ADD", { stdout: { ips: ips(scene.version) } });
      scene.network(["rec-a", "rec-b"]);
      await scene.add();
      const came = scene.recorder.calls("ADD", "rec-b")[0]?.request["prevResult"];
      expect(addressesIn(came).join() === ADDRESS, `a prevResult with ${ADDRESS}`, came);
      const fits = holds(came, { cniVersion: scene.version });
      expect(fits, `a prevResult with cniVersion "${scene.version}"`, came);
    },
  },
  {
    name: "a-result-of-another-version",
    rule: "R104",
    level: "SHOULD",
    tries: "adds to a network whose first plugin prints a result of version 0.4.0",
    profile: "full",
    unfit: ({ versions }) =>
      versions.some((one) => one.startsWith("1.")) ? undefined : "it does not support 1.0.0",
    async run(scene) {
      scene.recorder.answer("rec-a", "ADD", {
        stdout: { cniVersion: "0.4.0", ips: ips("0.4.0") },
      });
      scene.network(["rec-a", "rec-b"]);
      const container = await scene.container();
      const reply = await scene.call("add", { container });
      if (reply.exitCode !== 0) return; // It may refuse such a result.
      const came = scene.recorder.calls("ADD", "rec-b")[0]?.request["prevResult"];
      const fits = holds(came, { cniVersion: scene.version, ips: [{ address: ADDRESS }] });
      expect(fits, `a failure, or a prevResult of version ${scene.version}`, came);
    },
  },
  {
    name: "log-lines-before-the-result",
    rule: "R80",
    level: "SHOULD",
    tries: "adds to a network whose first plugin prints a log line, then its result",
    profile: "full",
    async run(scene) {
      const result = JSON.stringify({ cniVersion: scene.version, ips: ips(scene.version) });
      scene.recorder.answer("rec-a", "ADD", { stdout: `starting\n${result}\n` });
      scene.network(["rec-a", "rec-b"]);
      const container = await scene.container();
      const reply = await scene.call("add", { container });
      if (reply.exitCode !== 0) return; // It may refuse what is not JSON alone.
      const came = scene.recorder.calls("ADD", "rec-b")[0]?.request["prevResult"];
      expect(
        addressesIn(came).join() === ADDRESS,
        "a failure, or the result behind the line",
        came,
      );
    },
  },
  ...FAILURE_CHECKS,
  {
    name: "a-plugin-that-does-not-read",
    rule: "R25",
    level: "SHOULD",
    tries: "adds to a network whose plugin has a large configuration and does not read it",
    profile: "full",
    async run(scene) {
      scene.recorder.answer("rec-a", "ADD", {
        isDeaf: true,
        stdout: { cniVersion: scene.version, ips: ips(scene.version) },
      });
      scene.network([{ type: "rec-a", "x-large": "x".repeat(300_000) }]);
      const container = await scene.container();
      expectDone(await scene.call("add", { container }), "ADD of a plugin that does not read");
    },
  },
  {
    name: "what-del-prints-does-not-matter",
    rule: "R57",
    level: "SHOULD",
    tries: "deletes a container on a network whose plugin prints a result at DEL",
    profile: "full",
    async run(scene) {
      scene.recorder.answer("rec-a", "DEL", { stdout: "deleted\n" });
      scene.network(["rec-a"]);
      const container = await scene.add();
      await scene.done("del", { container });
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-a"]);
    },
  },
  {
    name: "a-chain-ends-with-the-last-result",
    rule: "R81",
    level: "MUST",
    tries: "adds to a network whose last plugin gives another result, and deletes",
    profile: "full",
    unfit: ({ versions }) =>
      versions.some((one) => !/^0\.[123]\./u.test(one)) ? undefined : "it does not support 0.4.0",
    async run(scene) {
      scene.network(["rec-a", "rec-b"]);
      const container = await scene.add();
      await scene.done("del", { container });
      const came = scene.recorder.calls("DEL").map(({ request }) => request["prevResult"]);
      const fits = came.every((one) => addressesIn(one).join() === addressOf("rec-b"));
      expect(fits, `prevResult with ${addressOf("rec-b")} at each DEL`, came);
    },
  },
];

function ips(version: string) {
  return [{ address: ADDRESS, ...(version.startsWith("0.") ? { version: "4" } : {}) }];
}
