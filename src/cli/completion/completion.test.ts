import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeIo } from "../../../tests/support/cli-io.ts";
import { run } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import { cnitoolTree } from "../cnitool/texts.ts";
import { makeProgram, runHawser } from "../hawser.ts";
import { completionOfTree, SHELLS, type Shell } from "./index.ts";
import { treeOf } from "./tree.ts";

async function script(shell: Shell): Promise<string> {
  const { io, stdout } = fakeIo(["completion", shell]);
  expect(await runHawser(io)).toBe(0);
  return stdout();
}

/** What bash offers for the words, the last of them unfinished; the program answers with what it is asked for. */
async function offers(...words: string[]): Promise<string[]> {
  return await offersAfter("", ...words);
}

/** The same after a command of the shell. */
async function offersAfter(before: string, ...words: string[]): Promise<string[]> {
  const line = ["hawser", ...words].map((word) => `'${word}'`).join(" ");
  const ask = `hawser() { echo "$2"; }; ${before}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _hawser; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run(["bash", "-c", `${await script("bash")}\n${ask}`]);
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

test("every script names every command and every option of the tree", async () => {
  const tree = treeOf(makeProgram(fakeIo([]).io, () => {}));
  expect(tree.commands.map(({ name }) => name)).toEqual([
    ...["add", "check", "del", "plan", "diff"],
    ...["ls", "show", "networks", "watch", "map"],
    ...["gc", "status", "version", "ip", "ports", "pools"],
    ...["validate", "sync", "cluster", "doctor", "trace", "replay"],
    ...["ui", "report"],
    ...["daemon", "dhcp", "install", "uninstall", "conformance", "completion", "help"],
  ]);
  for (const shell of SHELLS) {
    const text = await script(shell);
    for (const { name, options } of tree.commands) {
      expect(text).toContain(name);
      for (const flag of options.flatMap(({ flags }) => flags)) {
        expect(text).toContain(flag.replace(/^--?/, ""));
      }
    }
  }
});

needs("bash")("bash completes commands, options and words", async () => {
  expect(await offers("st")).toEqual(["status"]);
  expect(await offers("add", "--p")).toEqual(["--port", "--plugin-dir"]);
  expect(await offers("check", "--po")).toEqual([]);
  expect(await offers("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(await offers("ls", "--state", "un")).toEqual(["unfinished", "unclear"]);
  expect(await offers("dhcp", "")).toEqual(["daemon"]);
  expect(await offers("status", "--conf-dir", "/et")).toContain("/etc");
  expect(await offers("help", "ve")).toEqual(["version"]);
  expect(await offers("help", "compl")).toEqual(["completion"]);
  expect(await offers("conformance", "pl")).toEqual(["plugin"]);
  expect(await offers("conformance", "plugin", "/et")).toContain("/etc");
  expect(await offers("conformance", "plugin", "--kn")).toEqual(["--known"]);
  expect(await offers("conformance", "plugin", "--known", "/et")).toContain("/etc");
  expect(await offers("conformance", "plugin", "x", "--profile", "f")).toEqual(["full"]);
  expect(await offers("validate", "/et")).toContain("/etc");
  expect(await offers("validate", "/tmp", "/et")).toContain("/etc");
  expect(await offers("cluster", "fo")).toEqual(["forget"]);
  expect(await offers("cluster", "init", "/et")).toContain("/etc");
  expect(await offers("cluster", "status", "/et")).toEqual([]);
});

needs("bash")("bash completes containers wherever a command takes one", async () => {
  for (const words of [
    ...[["show"], ["sync"], ["doctor"], ["replay"], ["check", "x", "--id"]],
    ...[
      ["trace", "list"],
      ["trace", "show"],
      ["trace", "export"],
      ["trace", "export", "x"],
    ],
  ]) {
    expect([words, await offers(...words, "att")]).toEqual([words, ["attachments"]]);
  }
  expect(await offers("ls", "--pod", "")).toEqual(["pods"]);
  expect(await offers("ls", "--container", "")).toEqual(["containers"]);
});

needs("bash")(
  "bash takes names of namespaces for what they are, and not for commands",
  async () => {
    const canary = join(tmpdir(), `canary-${process.pid}`);
    const hostile = `$(touch ${canary})`;
    const list = `ls() { printf '%s\\n' '${hostile}' 'two words'; }`;
    expect(await offersAfter(list, "add", "x", "")).toContain(hostile);
    expect(await offersAfter(list, "add", "x", "two")).toEqual(["two words"]);
    expect(existsSync(canary)).toBe(false);
  },
);

test("every script asks for networks and attachments by the hidden command", async () => {
  for (const shell of SHELLS) {
    const text = await script(shell);
    for (const kind of ["networks", "attachments", "nodes"]) {
      expect([shell, text.includes(`hawser complete ${kind}`)]).toEqual([shell, true]);
    }
  }
});

for (const shell of SHELLS) {
  needs(shell)(`${shell} reads its scripts without complaint`, async () => {
    for (const text of [await script(shell), completionOfTree(cnitoolTree(), shell)]) {
      const { exitCode, stderr } = await run([shell, "-n", "/dev/stdin"], { stdin: text });
      expect([exitCode, stderr]).toEqual([0, ""]);
    }
  });
}
