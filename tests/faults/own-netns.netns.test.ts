import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { readExamples } from "../../tools/manuals/example.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import type { ChainResult, Operation } from "../support/chain.ts";
import { must, run } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { isPlayable } from "../support/playable.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { faultOf } from "./judge.ts";
import { Play } from "./play.ts";
import { changes } from "./stage.ts";

/** CNI_NETNS is the host's own namespace, by whichever name: every plugin refuses, and touches nothing. */

const other = Bun.spawn(["sleep", "600"]);
afterAll(() => other.kill());

const NAMES: readonly (readonly [string, () => string | Promise<string>])[] = [
  ["/proc/self/ns/net", () => "/proc/self/ns/net"],
  ["/proc/thread-self/ns/net", () => "/proc/thread-self/ns/net"],
  ["/proc/<another process>/ns/net", () => `/proc/${other.pid}/ns/net`],
  ["/proc/self/task/<thread>/ns/net", () => `/proc/self/task/${process.pid}/ns/net`],
  ["a way about", () => "/proc/../proc/self//ns/./net"],
  [
    "a link",
    () => {
      mkdirSync("/run/own", { recursive: true });
      symlinkSync(`/proc/${process.pid}/ns/net`, "/run/own/link");
      return "/run/own/link";
    },
  ],
  [
    "a name that was mounted",
    async () => {
      mkdirSync("/run/own", { recursive: true });
      writeFileSync("/run/own/mounted", "");
      await must(["mount", "--bind", "/proc/self/ns/net", "/run/own/mounted"]);
      return "/run/own/mounted";
    },
  ],
];

const COMMANDS: readonly Operation[] = ["ADD", "CHECK"];

let host: Host;
let spellings: readonly { readonly what: string; readonly netns: string }[] = [];
beforeAll(async () => {
  host = await Host.create();
  const made: { what: string; netns: string }[] = [];
  for (const [what, netns] of NAMES) made.push({ what, netns: await netns() });
  // Only what is this very namespace may stand here.
  const own = statSync("/proc/self/ns/net").ino;
  expect(made.map(({ netns }) => statSync(netns).ino)).toEqual(made.map(() => own));
  spellings = made;
});

const { missing } = hawserPlugins();

for (const plugin of PLUGIN_NAMES) {
  for (const example of readExamples(plugin).filter(({ needs: wanted }) => isPlayable(wanted))) {
    const test = missing === undefined ? needs(...example.needs) : skipBecause(missing);
    describe(`${plugin}, ${example.title}`, () => {
      test("the host's own namespace is refused with code 8, and nothing is changed", async () => {
        const play = await Play.open(host, example);
        try {
          // As on a host that has an interface of the container's name.
          await run(["ip", "link", "add", "eth0", "type", "bridge"]);
          const before = await host.snapshot();
          const odd: string[] = [];
          for (const { what, netns } of spellings) {
            for (const command of COMMANDS) {
              const change = { attachment: { netns }, prevResult: resultOf(netns) };
              for (const answer of await play.call(command, change)) {
                const { code } = faultOf(answer);
                if (code !== 8) odd.push(`${answer.type} ${command} of ${what}: ${answer.stdout}`);
              }
            }
          }
          // S11: DEL is done, and finds nothing.
          for (const { netns } of spellings) {
            for (const answer of await play.call("DEL", { attachment: { netns } })) {
              if (answer.exitCode !== 0) odd.push(`${answer.type} DEL: ${answer.stdout}`);
            }
          }
          expect(odd).toEqual([]);
          expect(changes(before, await host.snapshot())).toEqual([]);
        } finally {
          await play.close();
        }
      }, 30_000);

      test("the executables refuse it as well", async () => {
        const play = await Play.open(host, example);
        try {
          const before = await host.snapshot();
          for (const command of COMMANDS) {
            const more = { attachment: { netns: "/proc/self/ns/net" } };
            const refused = await play.scene.run(command, more).catch((error: unknown) => error);
            expect(refused).toMatchObject({ code: 8 });
          }
          expect(changes(before, await host.snapshot())).toEqual([]);
        } finally {
          await play.close();
        }
      }, 30_000);

      test("case S11, kind: DEL of a path that leads to the host's by now changes nothing of it", async () => {
        const play = await Play.open(host, example);
        try {
          await play.add();
          await run(["ip", "link", "add", "eth0", "type", "bridge"]);
          for (const answer of await play.call("DEL", {
            attachment: { netns: "/proc/self/ns/net" },
          })) {
            expect(answer).toMatchObject({ exitCode: 0, stdout: "" });
          }
          await must(["ip", "link", "delete", "eth0", "type", "bridge"]);
          for (const answer of await play.call("DEL")) expect(answer.exitCode).toBe(0);
          expect(await play.more()).toEqual([]);
        } finally {
          await play.close();
        }
      }, 30_000);
    });
  }
}

function resultOf(netns: string): ChainResult {
  return {
    cniVersion: "1.1.0",
    interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: netns }],
    ips: [{ address: "10.9.0.2/24", interface: 0 }],
  };
}
