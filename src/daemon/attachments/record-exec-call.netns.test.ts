import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { Journal } from "../../journal/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { recordingExecCall } from "./index.ts";

failOnLeakedDescriptors();

const ATTACHMENT = { network: "dbnet", containerId: "c1", ifName: "eth0" };

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

test("a plugin that works in the daemon's place notes what it did, unless it failed", async () => {
  const journal = new Journal(directory, "boot", "bridge");
  journal.create();
  const plugins = (): string[] => journal.read(ATTACHMENT).map(({ plugin: name }) => name);
  let exitCode = 0;
  const plugin = recordingExecCall(
    "bridge",
    async ({ stdin }) => {
      await stdin();
      return exitCode;
    },
    journal,
  );
  const call = (command: string): Promise<number> =>
    plugin({
      env: {
        ...{ CNI_COMMAND: command, CNI_CONTAINERID: "c1", CNI_IFNAME: "eth0" },
        CNI_NETNS: "/proc/self/ns/net",
      },
      stdin: () => '{"name":"dbnet"}',
      stdout: () => {},
      stderr: () => {},
    });
  await call("ADD");
  expect(plugins()).toEqual(["bridge"]);
  using current = Netns.current();
  const { dev, ino, cookie } = current;
  expect(journal.read(ATTACHMENT)).toMatchObject([{ netns: { dev, ino, cookie } }]);
  exitCode = 1;
  await call("DEL");
  expect(plugins()).toEqual(["bridge"]);
  exitCode = 0;
  await call("DEL");
  expect(plugins()).toEqual([]);
  exitCode = 1;
  await call("ADD");
  expect(plugins()).toEqual([]);
});

test("an ADD in what is no namespace is not noted", async () => {
  const journal = new Journal(directory, "boot", "bridge");
  journal.create();
  const plugin = recordingExecCall("bridge", () => Promise.resolve(0), journal);
  for (const netns of [directory, `${directory}/none`, ""]) {
    const env = {
      ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c1", CNI_IFNAME: "eth0", CNI_NETNS: netns },
    };
    const io = { env, stdin: () => '{"name":"dbnet"}', stdout: () => {}, stderr: () => {} };
    expect(await plugin(io)).toBe(0);
    expect(journal.names()).toEqual([]);
  }
});
