import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fakeIo } from "../../tests/support/cli-io.ts";
import { runHawser } from "./hawser.ts";
import { VERSION } from "./version.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "cli-"));
afterAll(() => rmSync(directory, { recursive: true }));

mkdirSync(join(directory, "net.d"));
mkdirSync(join(directory, "plugins"));
writeFileSync(
  join(directory, "net.d", "quiet.conflist"),
  JSON.stringify({
    cniVersion: "1.1.0",
    name: "quiet",
    disableCheck: true,
    disableGC: true,
    plugins: [{ type: "absent", capabilities: { mac: true } }],
  }),
);
writeFileSync(join(directory, "net.d", "broken.conflist"), '{"name":"broken","plugins":[]}');

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

const DIRECTORIES = {
  NETCONFPATH: join(directory, "net.d"),
  CNI_PATH: join(directory, "plugins"),
};

async function hawser(...words: string[]): Promise<Answer> {
  const { io, stdout, stderr } = fakeIo(words, { env: DIRECTORIES, cwd: directory });
  const code = await runHawser(io);
  return { code, stdout: stdout(), stderr: stderr() };
}

const cache = ["--cache-dir", join(directory, "cache")];

test("the version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    version: string;
  };
  expect(VERSION).toBe(version);
  expect(await hawser("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  expect(await hawser("version")).toEqual({ code: 0, stdout: `hawser ${version}\n`, stderr: "" });
});

test("help is what docs/cli.md shows", async () => {
  const document = readFileSync(join(ROOT, "docs/cli.md"), "utf8");
  const shown = [...document.matchAll(/^Usage: hawser ([a-z ]*?) ?(?:\[|<|$)/gm)];
  const all = shown.map(([, words = ""]) => words.split(" ").filter((word) => word !== ""));
  expect(all.length).toBeGreaterThan(10);
  for (const words of all.map((each) => [...each, "--help"])) {
    const { code, stdout, stderr } = await hawser(...words);
    expect([code, stderr]).toEqual([0, ""]);
    expect(document).toContain(stdout.trim());
  }
});

test("without words there is help, and nothing has failed", async () => {
  const [bare, help] = [await hawser(), await hawser("--help")];
  expect(bare).toEqual(help);
});

describe("wrong usage is exit code 2, told on stderr", () => {
  const cases: [words: string[], text: string][] = [
    [["frobnicate"], "error: unknown command 'frobnicate'\n"],
    [["ad"], "error: unknown command 'ad'\n(Did you mean add?)\n"],
    [["add", "quiet"], "error: missing required argument 'netns'\n"],
    [
      ["add", "quiet", "blue", "--prot", "1:1"],
      "error: unknown option '--prot'\n(Did you mean --port?)\n",
    ],
    [
      ["add", "quiet", "blue", "--port", "1"],
      "error: option '-p, --port <mapping>' argument '1' is invalid. " +
        "Write [hostIP:]hostPort:containerPort[/tcp|udp|sctp].\n",
    ],
    [["del", "quiet"], "error: without a namespace --id must say which container\n"],
    [
      ["gc", "quiet"],
      "error: gc removes every attachment that is not valid, so say which are: " +
        "--valid ID:IFNAME for each, or --none-valid; or --dead for those without a namespace\n",
    ],
    [
      ["gc", "quiet", "--valid", "a:eth0", "--none-valid"],
      "error: --valid and --none-valid contradict each other\n",
    ],
    [
      ["add", "quiet", "blue", "--port", "1:1"],
      "error: no plugin of network quiet takes the capability portMappings; it has: mac\n",
    ],
    [["cluster", "statsu"], "error: unknown command 'statsu'\n(Did you mean status?)\n"],
    [["cluster", "frobnicate"], "error: unknown command 'frobnicate'\n"],
    [
      ["cluster", "status", "x"],
      "error: too many arguments for 'status'. Expected 0 arguments but got 1.\n",
    ],
    [["dhcp", "deamon"], "error: unknown command 'deamon'\n(Did you mean daemon?)\n"],
    [["completion", "csh"], "error: no completion for csh: one of bash, zsh, fish\n"],
  ];
  test.each(cases)("%j", async (words, stderr) => {
    expect(await hawser(...words)).toEqual({ code: 2, stdout: "", stderr });
  });
});

describe("a configuration that is missing or wrong is exit code 3", () => {
  test("an unknown network names the directory and what to do", async () => {
    const { code, stdout, stderr } = await hawser("add", "nonet", "blue");
    expect([code, stdout]).toEqual([3, ""]);
    const lines = stderr.split("\n");
    expect(lines[0]).toBe(
      `error: no net configuration with name "nonet" in ${DIRECTORIES.NETCONFPATH} (code 7)`,
    );
    expect(stderr).toContain(
      "broken.conflist: error parsing configuration list: no plugins in list",
    );
    expect(stderr).toContain(
      "to do: there are: quiet; or name another directory by --conf-dir or NETCONFPATH",
    );
  });

  test("a file is named by a path, and its mistake is told", async () => {
    const { code, stderr } = await hawser("status", "./net.d/broken.conflist");
    expect(code).toBe(3);
    expect(stderr).toContain("no plugins in list (code 7)");
    expect(stderr).toContain("to do: correct the network's configuration");
  });
});

describe("a failed operation is exit code 1", () => {
  test("a plugin that is not there is named with where it was sought", async () => {
    const { code, stdout, stderr } = await hawser("add", "quiet", "blue", ...cache);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain('failed to find plugin "absent"');
    expect(stderr).toContain("(code 50)");
    expect(stderr).toContain("to do: install the plugin, or name its directory");
  });

  test("for programs it is JSON on stdout, and nothing on stderr", async () => {
    const { code, stdout, stderr } = await hawser("add", "quiet", "blue", "--json", ...cache);
    expect([code, stderr]).toEqual([1, ""]);
    const { error } = JSON.parse(stdout) as { error: { code: number; msg: string; todo: string } };
    expect(error.code).toBe(50);
    expect(error.msg).toContain("absent");
    expect(error.todo).toContain("install the plugin");
  });

  test("plan names a plugin that is not there, too", async () => {
    const { code, stderr } = await hawser("plan", "quiet", "blue");
    expect(code).toBe(1);
    expect(stderr).toContain('failed to find plugin "absent"');
  });
});

describe("plugins of somebody else", () => {
  const dir = join(directory, "foreign");
  mkdirSync(dir);
  const plugin = (type: string, script: string): string => {
    writeFileSync(join(dir, type), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const file = join(directory, `${type}.conflist`);
    writeFileSync(file, JSON.stringify({ cniVersion: "1.1.0", name: type, plugins: [{ type }] }));
    return file;
  };

  test("one that takes too long is ended, and that is exit code 4", async () => {
    const file = plugin("slow", "exec sleep 30");
    const words = ["add", file, "blue", "--plugin-dir", dir, "--timeout", "200ms", ...cache];
    const { code, stderr } = await hawser(...words);
    expect(code).toBe(4);
    expect(stderr).toContain(
      'plugin "slow" did not finish ADD within 200 ms and was ended (code 11)',
    );
    expect(stderr).toContain("to do: try again with a longer --timeout");
    const json = await hawser(...words, "--json");
    const { error } = JSON.parse(json.stdout) as { error: { code: number; leftBehind: object[] } };
    expect([json.code, error.code, error.leftBehind.length]).toEqual([4, 11, 1]);
  });

  test("what one writes to stderr is shown with its name, what it prints is judged", async () => {
    const file = plugin("odd", "echo careful >&2; echo no json");
    const { code, stdout, stderr } = await hawser(
      "add",
      file,
      "blue",
      "--plugin-dir",
      dir,
      ...cache,
    );
    expect([code, stdout.includes("no json")]).toEqual([1, false]);
    expect(stderr).toStartWith("odd: careful\n");
    expect(stderr).toContain('error: plugin type="odd" failed (add)');
    expect(stderr).toContain("(code 6)");
  });

  test("its own error comes with code, details and how it ended", async () => {
    const file = plugin("no", `echo '{"code":123,"msg":"no","details":"really"}'; exit 3`);
    const { code, stderr } = await hawser("status", file, "--plugin-dir", dir, ...cache);
    expect(code).toBe(1);
    expect(stderr).toContain("no (code 123)\n       really\n");
    expect(stderr).toContain(`${join(dir, "no")}: exit code 3`);
  });

  test("plan names them, and says that their steps are not known", async () => {
    const says = `echo '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}'`;
    for (const [name, body, line] of [
      ["other", "exit 1", "other (which does not say its versions) is another project's program"],
      ["kit", says, "kit (versions 0.4.0 to 1.0.0) is another project's program"],
      [
        "bridge",
        says,
        `Hawser's own bridge, put there by hawser install --replace --bin-dir ${dir}\n`,
      ],
    ] as const) {
      const file = plugin(name, body);
      const { code, stdout } = await hawser("plan", file, "blue", "--plugin-dir", dir);
      expect([name, code]).toEqual([name, 0]);
      expect(stdout).toContain(line);
    }
  });
});

test("disableCheck and disableGC are said, not passed over in silence", async () => {
  const check = await hawser("check", "quiet", "blue", ...cache);
  expect(check).toEqual({
    code: 0,
    stdout: 'nothing was checked: quiet says "disableCheck"\n',
    stderr: "",
  });
  const gc = await hawser("gc", "quiet", "--none-valid", ...cache);
  expect(gc).toEqual({ code: 0, stdout: 'nothing was done: quiet says "disableGC"\n', stderr: "" });
});

test("an aborted operation has the exit code of its signal", async () => {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const abort = new AbortController();
    abort.abort(signal);
    const { io } = fakeIo(["add", "quiet", "blue", ...cache], {
      env: DIRECTORIES,
      cwd: directory,
      signal: abort.signal,
    });
    expect(await runHawser(io)).toBe(code);
  }
});

test("an option without its value is refused, wherever it stands", async () => {
  for (const words of [
    ...[
      ["ls", "--conf-dir", ""],
      ["add", "quiet", "blue", "--cache-dir", ""],
      ["diff", "quiet", "--against", ""],
    ],
    ...[
      ["report", "-o", ""],
      ["trace", "export", "--output", ""],
      ["install", "--prefix", ""],
    ],
    ...[
      ["ui", "--socket", ""],
      ["daemon", "--socket", ""],
      ["cluster", "status", "--network", ""],
    ],
  ]) {
    const { code, stdout, stderr } = await hawser(...words);
    expect([words, code, stdout]).toEqual([words, 2, ""]);
    expect(stderr).toContain("It must not be empty.");
  }
});

test("hostile words become clear errors, never paths", async () => {
  for (const words of [
    ["add", "..", "blue"],
    ["add", "quiet\n", "blue"],
    ["add", "quiet", "blue", "--id", "../x"],
    ["add", "quiet", "blue", "--ifname", "a/b"],
    ["add", "quiet", "blue", "--arg", "K"],
  ]) {
    const { code, stdout, stderr } = await hawser(...words, ...cache);
    expect([words, [2, 3].includes(code), stdout]).toEqual([words, true, ""]);
    expect(stderr).toMatch(/^error: /);
  }
});
