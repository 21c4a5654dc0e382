import { afterAll, beforeAll, describe, expect } from "bun:test";
import type { RunAnswer } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { ConfDir, errorOf, missing, OURS, THEIRS } from "./cnitool.ts";

/** What both programs say of themselves, and the scripts for shells. */

let conf: ConfDir;
const withBoth = skipBecause(missing());

beforeAll(() => {
  conf = new ConfDir();
});
afterAll(() => conf.remove());

async function both(words: readonly string[]): Promise<{ theirs: RunAnswer; ours: RunAnswer }> {
  return { theirs: await conf.call(THEIRS, words), ours: await conf.call(OURS, words) };
}

describe("help", () => {
  const cases: [words: string[], mentions: string[]][] = [
    [[], ["add", "check", "completion", "del", "gc", "help", "status"]],
    [["--help"], ["add", "check", "completion", "del", "gc", "help", "status"]],
    [["-h"], ["add", "status"]],
    [["help"], ["add", "status"]],
    [
      ["help", "add"],
      ["cnitool add <network-name> <netns>", "--ifname"],
    ],
    [
      ["add", "--help"],
      ["cnitool add <network-name> <netns>", "--ifname"],
    ],
    [
      ["status", "-h"],
      ["cnitool status <network-name> <netns>", "-i,"],
    ],
  ];
  const completions: string[][] = [
    ...[["completion"], ["completion", "bash"], ["completion", "zsh"], ["completion", "fish"]],
    ...[
      ["completion", "bash", "--no-descriptions"],
      ["completion", "-h"],
      ["help", "completion"],
    ],
  ];
  for (const words of completions) {
    withBoth(`cnitool ${words.join(" ")}`, async () => {
      const { theirs, ours } = await both(words);
      expect([ours.exitCode, ours.stderr]).toEqual([theirs.exitCode, theirs.stderr]);
      expect(ours.exitCode).toBe(0);
      expect(ours.stdout).toContain("cnitool");
    });
  }

  withBoth("cnitool completion bash, with a word behind it", async () => {
    const words = ["completion", "bash", "more"];
    const { theirs, ours } = await both(words);
    expect([ours.exitCode, ours.stdout]).toEqual([theirs.exitCode, theirs.stdout]);
    expect(ours.exitCode).toBe(1);
    const error = 'Error: unknown command "more" for "cnitool completion bash"\n';
    expect([errorOf(THEIRS, theirs.stderr), errorOf(OURS, ours.stderr)]).toEqual([error, error]);
  });

  withBoth("cnitool help nope", async () => {
    const { theirs, ours } = await both(["help", "nope"]);
    expect([ours.exitCode, ours.stdout]).toEqual([theirs.exitCode, theirs.stdout]);
    const first = "Unknown help topic [`nope`]";
    expect([theirs.stderr.split("\n")[0], ours.stderr.split("\n")[0]]).toEqual([first, first]);
  });

  withBoth("D266 cnitool completion for a shell that ours does not know", async () => {
    const { theirs, ours } = await both(["completion", "powershell"]);
    expect([theirs.exitCode, ours.exitCode, ours.stdout]).toEqual([0, 1, ""]);
    expect(ours.stderr).toStartWith("Error: name a shell: one of bash, zsh, fish\n");
  });

  for (const [words, mentions] of cases) {
    withBoth(`cnitool ${words.join(" ")}`, async () => {
      const { theirs, ours } = await both(words);
      expect([ours.exitCode, ours.stderr]).toEqual([theirs.exitCode, theirs.stderr]);
      expect(ours.exitCode).toBe(0);
      for (const word of mentions) {
        expect(theirs.stdout).toContain(word);
        expect(ours.stdout).toContain(word);
      }
    });
  }
});
