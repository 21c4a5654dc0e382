import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeIo } from "../../../tests/support/cli-io.ts";
import { idOf } from "../request.ts";
import { readWords } from "./command-line.ts";
import { runCnitool } from "./index.ts";

const directory = mkdtempSync(join(tmpdir(), "cnitool-"));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(
  join(directory, "neta.conflist"),
  '{"cniVersion":"1.0.0","name":"neta","plugins":[{"type":"absent"}]}',
);

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

async function cnitool(words: string[], env: Record<string, string> = {}): Promise<Answer> {
  const { io, stdout, stderr } = fakeIo(words, { env: { NETCONFPATH: directory, ...env } });
  const code = await runCnitool(io);
  return { code, stdout: stdout(), stderr: stderr() };
}

function firstLine({ stderr }: Answer): string {
  return stderr.split("\n")[0] ?? "";
}

test("the container ID is made of the namespace's path", () => {
  expect(idOf("cnitool", "/var/run/netns/blue")).toBe("cnitool-296747069b8a02dc4e2a");
});

test("help is printed to stdout, with exit code 0, also without words", async () => {
  const help = await cnitool(["--help"]);
  expect([help.code, help.stderr]).toEqual([0, ""]);
  for (const name of ["add", "check", "completion", "del", "gc", "help", "status"]) {
    expect(help.stdout).toMatch(new RegExp(`^  ${name} +\\w`, "m"));
  }
  expect(await cnitool([])).toEqual(help);
  expect((await cnitool(["add", "-h"])).stdout).toContain("cnitool add <network-name> <netns>");
  expect((await cnitool(["help", "gc"])).stdout).toContain("cnitool gc <network-name> <netns>");
});

test("completion: a script for a shell, help without one, and nothing behind it", async () => {
  const bash = await cnitool(["completion", "bash"]);
  expect([bash.code, bash.stderr]).toEqual([0, ""]);
  expect(bash.stdout).toContain("cnitool");
  expect(await cnitool(["completion", "--no-descriptions", "bash"])).toEqual(bash);
  const alone = await cnitool(["completion"]);
  expect([alone.code, alone.stderr]).toEqual([0, ""]);
  expect(alone.stdout).toContain("cnitool completion bash|zsh|fish");
  const more = await cnitool(["completion", "bash", "x"]);
  expect([more.code, more.stdout]).toEqual([1, ""]);
  expect(firstLine(more)).toBe('Error: unknown command "x" for "cnitool completion bash"');
});

test("help of what is no command says so, and is no failure", async () => {
  const help = await cnitool(["help", "nope"]);
  expect([help.code, help.stdout]).toEqual([0, ""]);
  expect(firstLine(help)).toBe("Unknown help topic [`nope`]");
});

describe("an error is told once, with exit code 1 and nothing on stdout", () => {
  const cases: [words: string[], message: string][] = [
    [["version"], 'Error: unknown command "version" for "cnitool"'],
    [["add", "neta"], "Error: requires at least 2 arg(s), only received 1"],
    [["gc"], "Error: requires at least 2 arg(s), only received 0"],
    [["add", "--frob", "neta", "/ns"], "Error: unknown flag: --frob"],
    [["add", "-x", "neta", "/ns"], "Error: unknown shorthand flag: 'x' in -x"],
    [["add", "neta", "/ns", "--ifname"], "Error: flag needs an argument: --ifname"],
    [["add", "neta", "/ns", "-i"], "Error: flag needs an argument: 'i' in -i"],
    [["add", "netb", "/ns"], `Error: no net configuration with name "netb" in ${directory}`],
  ];
  test.each(cases)("%j", async (words, message) => {
    const answer = await cnitool(words);
    expect([answer.code, answer.stdout, firstLine(answer)]).toEqual([1, "", message]);
    expect(answer.stderr.split(message)).toHaveLength(2);
  });
});

test("the first mistake is told in the order configuration, CAP_ARGS, CNI_ARGS, plugins", async () => {
  const bad = { CAP_ARGS: "{", CNI_ARGS: "A" };
  expect(firstLine(await cnitool(["add", "netb", "/ns"], bad))).toContain('name "netb"');
  expect(firstLine(await cnitool(["add", "neta", "/ns"], bad))).toMatch(/^Error: line 1:2: /);
  const args = await cnitool(["add", "neta", "/ns"], { CNI_ARGS: "A=1;" });
  expect(firstLine(args)).toBe('Error: invalid CNI_ARGS pair ""');
  const list = await cnitool(["add", "neta", "/ns"], { CAP_ARGS: "[]" });
  expect(firstLine(list)).toContain("json: cannot unmarshal array into Go value");
});

test("flags may stand anywhere, in every form", () => {
  const forms = [["-i", "net1"], ["-inet1"], ["-i=net1"], ["--ifname", "net1"], ["--ifname=net1"]];
  for (const form of forms) {
    for (const words of [
      [...form, "add", "a", "b"],
      ["add", ...form, "a", "b"],
      ["add", "a", "b", ...form],
    ]) {
      expect(readWords(words)).toEqual({
        command: "add",
        rest: ["a", "b"],
        ifName: "net1",
        help: false,
      });
    }
  }
  expect(readWords(["add", "--", "-a", "b"]).rest).toEqual(["-a", "b"]);
});
