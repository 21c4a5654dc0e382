import { Finding } from "../../check.ts";
import { type Answer, ending, expect, expectSuccess } from "../answer.ts";
import { needsVersion, type PluginCheck } from "../define.ts";
import type { PluginScene } from "../scene.ts";
import { expectRefusal } from "./judge.ts";

/** Standard output, standard error and the exit code, whatever is asked. */

/** Calls that cannot succeed, each for another reason. */
export async function failures(scene: PluginScene): Promise<readonly [string, Answer][]> {
  const container = await scene.container();
  const config = { cniVersion: "9.9.9" };
  return [
    ["ADD in version 9.9.9", await scene.call("ADD", { container, config })],
    ["an unknown command", await scene.call("CONFORMANCE", { container })],
    ["ADD without CNI_IFNAME", await scene.call("ADD", { container, env: { CNI_IFNAME: "" } })],
    ["ADD with half a configuration", await scene.call("ADD", { container, stdin: '{"cni' })],
  ];
}

function expectSilence(answer: Answer): void {
  expectSuccess(answer);
  expect(answer.stdout.trim() === "", `nothing on stdout of ${answer.operation}`, answer.stdout);
}

export const STREAMS: readonly PluginCheck[] = [
  {
    name: "add-prints-one-document",
    rule: "R25",
    level: "MUST",
    tries: "calls ADD and reads stdout to its end",
    profile: "quick",
    async run(scene) {
      const answer = await scene.call("ADD", { container: await scene.container() });
      expectSuccess(answer);
      if (answer.json !== undefined) return;
      const expected = "one JSON document on stdout, with nothing before and nothing behind it";
      throw new Finding({ expected, came: ending(answer) });
    },
  },
  {
    name: "add-lets-go-of-its-streams",
    rule: "R25",
    level: "SHOULD",
    tries: "calls ADD and waits for the end of stdout and stderr after the plugin has ended",
    profile: "quick",
    async run(scene) {
      const answer = await scene.call("ADD", { container: await scene.container() });
      expectSuccess(answer);
      const expected = "no process that ADD has left behind holds its stdout or stderr";
      expect(!answer.leftOpen, expected, "a stream that stayed open");
    },
  },
  {
    name: "failures-have-an-exit-code",
    rule: "R26",
    level: "MUST",
    tries: "makes calls that cannot succeed",
    profile: "quick",
    async run(scene) {
      for (const [what, answer] of await failures(scene)) {
        const { exitCode } = answer;
        const ended = exitCode !== undefined && exitCode !== 0;
        if (ended) continue;
        throw new Finding({
          expected: `an exit code other than 0 of ${what}`,
          came: ending(answer),
        });
      }
    },
  },
  {
    name: "errors-stand-on-stdout",
    rule: "R27",
    level: "SHOULD",
    tries: "makes calls that cannot succeed, and reads stdout",
    profile: "quick",
    async run(scene) {
      for (const [what, answer] of await failures(scene)) expectRefusal(answer, what);
    },
  },
  {
    name: "del-prints-nothing",
    rule: "R25",
    level: "SHOULD",
    tries: "calls ADD, then DEL, and reads stdout of DEL",
    profile: "quick",
    async run(scene) {
      expectSilence(await scene.del(await scene.add()));
    },
  },
  {
    name: "gc-prints-nothing",
    rule: "R70",
    level: "SHOULD",
    tries: "calls GC, and reads its stdout",
    profile: "full",
    unfit: needsVersion("1.1.0"),
    async run(scene) {
      expectSilence(await scene.gc([]));
    },
  },
  {
    name: "status-prints-nothing",
    rule: "R59",
    level: "SHOULD",
    tries: "calls STATUS, and reads its stdout",
    profile: "full",
    unfit: needsVersion("1.1.0"),
    async run(scene) {
      expectSilence(await scene.call("STATUS"));
    },
  },
];
