import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { wordsOf } from "../../src/cli/examples.ts";
import { makeProgram, runHawser } from "../../src/cli/hawser.ts";
import { fakeIo } from "../../tests/support/cli-io.ts";

/** What people read of the command line, whole: help, errors and answers for inputs that stay the same. */

/** Where the texts are kept. */
export const FOLDER = "tests/golden";

/** Path of a file below the folder → its text. */
export async function goldenTexts(): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const words of helpWords()) {
    const { stdout } = await said([...words, "--help"], "/");
    texts.set(`help/${["hawser", ...words].join("-")}.txt`, stdout);
  }
  const directory = mkdtempSync(join(tmpdir(), "golden-"));
  try {
    place(directory);
    for (const [name, calls] of Object.entries(SESSIONS)) {
      const parts: string[] = [];
      for (const call of calls) parts.push(await session(call, directory));
      texts.set(`${name}.txt`, parts.join("\n"));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return texts;
}

/** The words of every command that has a help of this program's; the first is hawser itself. */
export function helpWords(): string[][] {
  const program = makeProgram(fakeIo([]).io, () => undefined);
  const visible = (command: Command): Command[] =>
    command
      .createHelp()
      .visibleCommands(command)
      .filter((each) => each.name() !== "help")
      .flatMap((each) => [each, ...visible(each)]);
  const all = visible(program).map(wordsOf);
  return [[], ...all.filter((words) => words.join(" ") !== "dhcp daemon")];
}

const FILES: Readonly<Record<string, string>> = {
  "net.d/10-dbnet.conflist": `{
  "cniVersion": "1.0.0",
  "name": "dbnet",
  "plugins": [
    { "type": "bridge", "bridge": "cni0", "ipam": { "type": "host-local", "subnet": "10.1.0.0/16" } },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
`,
  "net.d/20-broken.conflist": '{\n  "name": "broken",\n  "plugins": [\n}\n',
  "wrong/lan.conflist": `{
  "cniVersion": "1.0.0",
  "name": "lan",
  "plugins": [
    {
      "type": "macvlan",
      "master": "eth0",
      "mdoe": "bridge",
      "mtu": "1500",
      "ipam": { "type": "host-local", "subnet": "10.1.0.0/16", "gateway": "10.2.0.1" }
    }
  ]
}
`,
};

function place(directory: string): void {
  for (const [path, text] of Object.entries(FILES)) {
    const file = join(directory, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  }
  mkdirSync(join(directory, "plugins"));
}

/** By the file that keeps them. None of these looks at the node. */
const SESSIONS: Readonly<Record<string, readonly string[]>> = {
  "wrong-usage": [
    "frobnicate",
    "ad",
    "add dbnet",
    "add dbnet blue --prot 1:1",
    "add dbnet blue --port eighty",
    "del dbnet",
    "gc dbnet",
    "gc dbnet --valid a:eth0 --none-valid",
    "add dbnet blue --mac 02:00:00:00:00:05",
    "completion csh",
    "ls --state lost",
    "add dbnet --json",
    "completion csh --json",
  ],
  "wrong-configuration": [
    "status dbnte",
    "status broken",
    "add ./net.d/20-broken.conflist blue",
    "add ./nowhere.conflist blue",
    "status dbnte --json",
  ],
  answers: ["version", "version --json", "validate --no-node wrong", "validate --no-node net.d"],
};

async function session(line: string, directory: string): Promise<string> {
  const { stdout, stderr, code } = await said(line.split(" "), directory);
  const shown = `${stdout}${stderr === "" ? "" : `stderr:\n${stderr}`}`;
  return `$ hawser ${line}\n${shown.replaceAll(directory, "DIRECTORY")}exit code ${code}\n`;
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

async function said(words: readonly string[], cwd: string): Promise<Said> {
  const env = { NETCONFPATH: join(cwd, "net.d"), CNI_PATH: join(cwd, "plugins") };
  const { io, stdout, stderr } = fakeIo(words, { env, cwd });
  const code = await runHawser(io);
  return { stdout: stdout(), stderr: stderr(), code };
}
