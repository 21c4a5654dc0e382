import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { isAsShown, readBlocks, readWalk, shownCommands, walkScript } from "./docs.ts";
import { readSources } from "./sources.ts";
import { ROOT } from "./test/files.ts";
import { inScratch, run } from "./test/process.ts";

/** The documents whose commands are held here. */
const DOCUMENTS = [
  "README.md",
  "docs/hacking.md",
  "docs/install.md",
  "docs/overlay.md",
  "docs/releases.md",
  "docs/ui.md",
];

/** A test runs all commands of the page but the last. */
const OVERLAY_COMMANDS = ["src/overlay/vxlan.netns.test.ts", "docs/overlay.md"] as const;

/** Each command that they may show, the file that runs it, and the words in it that do so. */
const RUN: Readonly<Record<string, readonly [file: string, words: string]>> = {
  "npm ci": [".ci/run", "npm ci"],
  "npm run setup": [".ci/run", "npm run setup"],
  "npm test": [".ci/run", "npm test"],
  "npm test -- bridge": ["tools/commands.test.ts", '"test", "--", "tools/'],
  "npm run test:lab -- vlan": ["tools/commands.test.ts", '"run", "test:lab", "--", "no-'],
  "npm run test:lab -- vlan --suite bullseye": ["tools/commands.test.ts", '"--suite", "../etc"'],
  "npm run fuzz": ["tools/commands.test.ts", '"run", "--silent", "fuzz"'],
  "npm run workflow": ["tools/commands.test.ts", '"run", "--silent", "workflow"'],
  "npm run build": ["tools/commands.test.ts", '"run", "build"'],
  "npm run site": ["tools/site/site.test.ts", '"run", "--silent", "site"'],
  "npm run check": ["tools/test.ts", "runSteps()"],
  "npm run demo": ["tests/demo.netns.test.ts", '"run", "demo"'],
  "npm run demo:cluster": ["tests/demo-cluster.netns.test.ts", '"run", "demo:cluster"'],
  "npm run demo:ui": ["tests/demo-ui.netns.test.ts", '"run", "--silent", "demo:ui"]'],
  "npm run demo:ui -- --screenshot pictures": [
    "tests/demo-ui.netns.test.ts",
    '"demo:ui", "--", "--screenshot", into',
  ],
  "hawser ui": ["tests/support/ui-server.ts", '[EXECUTABLE, "ui", '],
  "hawser report --mask-addresses -o node.html": [
    "tests/ui/report.netns.test.ts",
    '"--mask-addresses", "-o", ',
  ],
  "npm run packages": [
    "tests/packages/packages.netns.test.ts",
    '["--silent", "packages", "--", "--out", join',
  ],
  "dpkg --install dist/packages/hawser_0.1.0_amd64.deb": [
    "tests/packages/podman.netns.test.ts",
    '"dpkg", "--install", OLD',
  ],
  "podman network create blue": [
    "tests/packages/podman.netns.test.ts",
    '"podman", "network", "create"',
  ],
  "podman run --rm --network blue docker.io/library/debian:12 cat /proc/net/dev": [
    "tests/packages/podman.netns.test.ts",
    '"--network", "blue", "--rootfs"',
  ],
  "npm run release -- --dry-run": ["tests/packaging/release.netns.test.ts", '"release", "--"];'],
  "ssh-keygen -Y verify -f allowed-signers -I hawser-release -n file -s SHA256SUMS.sig <SHA256SUMS":
    ["tests/packaging/release.netns.test.ts", "ssh-keygen [^"],
  "sha256sum --check --ignore-missing SHA256SUMS": [
    "tests/packaging/release.netns.test.ts",
    "ssh-keygen [^",
  ],
  "npm run image": ["tests/clients/image.client.test.ts", '"run", "--silent", "image"'],
  "dist/hawser install --conflist examples/guides/35-pods.conflist": [
    "src/cli/install.netns.test.ts",
    '(DIST, "install", ...places, "--conflist", PODS)',
  ],
  "dist/hawser install --verify": ["src/cli/install.netns.test.ts", '"install", "--verify"'],
  "dist/hawser uninstall": ["src/cli/install.netns.test.ts", '"uninstall", "--bin-dir", bin'],
  "dist/hawser conformance plugin dist/cni/bridge": [
    "tests/conformance/quick-profile.ts",
    '["dist/hawser", "conformance", "plugin", ',
  ],
  "dist/hawser ls": ["src/cli/view.netns.test.ts", 'hawser("ls")'],
  "dist/hawser doctor": ["src/cli/forms.netns.test.ts", '["doctor"]'],
  "npm run format": ["tools/commands.test.ts", "npm run --silent format"],
  "ip -d link show dev fleet5e1357f708": OVERLAY_COMMANDS,
  "ip address show dev fleet5e1357f708": OVERLAY_COMMANDS,
  "bridge fdb show dev fleet5e1357f708": OVERLAY_COMMANDS,
  "ip neigh show dev fleet5e1357f708 nud permanent": OVERLAY_COMMANDS,
  "ip route show proto 72": OVERLAY_COMMANDS,
  "ip -6 route show proto 72": OVERLAY_COMMANDS,
  "wg show fleet5e1357f708": ["src/overlay/wireguard.netns.test.ts", "wg show $"],
};

const PACKAGE = v.object({ scripts: v.record(v.string(), v.string()) });

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

test("every command that is shown is run by a test or by CI", () => {
  const shown = DOCUMENTS.flatMap((path) => shownCommands(read(path)));
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((command) => RUN[command] === undefined)).toEqual([]);
});

test("every command on the list is shown, and run where the list says", () => {
  const shown = DOCUMENTS.flatMap((path) => shownCommands(read(path)));
  for (const [command, [file, words]] of Object.entries(RUN)) {
    expect(shown).toContain(command);
    expect([command, existsSync(join(ROOT, file)) && read(file).includes(words)]).toEqual([
      command,
      true,
    ]);
  }
});

test("every script of package.json that documents name is there", async () => {
  // Those of a project that `npm create hawser-plugin` makes are named too.
  const projects = ["package.json", "packages/create-hawser-plugin/template/common/package.json"];
  const scripts = projects.flatMap((path) => {
    return Object.keys(v.parse(PACKAGE, JSON.parse(read(path))).scripts);
  });
  const documents = [
    ...(await readSources(["docs"], "**/*.md")),
    ...(await readSources(["."], "*.md")),
  ];
  const named = documents.flatMap(({ text }) => [...text.matchAll(/npm run ([\w-]+)/g)]);
  expect(named.length).toBeGreaterThan(0);
  expect(named.map(([, name = ""]) => name).filter((name) => !scripts.includes(name))).toEqual([]);
});

test("every link to a file of the repository leads somewhere", async () => {
  const documents = [
    ...(await readSources(["docs", "src", "examples", "packaging"], "**/*.md")),
    ...(await readSources(["."], "*.md")),
  ];
  const links = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, to = ""]) => join(dirname(path), to)),
  );
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test("commands are read from shell blocks alone", () => {
  const document = [
    "`npm run no`",
    "```sh",
    "npm ci && npm test # both",
    "# nothing",
    "```",
    "```console",
    "$ npm run demo",
    "container a  10.1.0.2",
    "```",
    "```ts",
    "import x;",
    "```",
    "",
  ].join("\n");
  expect(shownCommands(document)).toEqual(["npm ci", "npm test", "npm run demo"]);
});

const WALK = [
  "<!-- a/b.sh > deep/b.sh -->",
  "```sh",
  "echo one $1",
  "```",
  "<!-- a/b.sh >> deep/b.sh -->",
  "```sh",
  "exit 3",
  "```",
  "<!-- a/b.sh -->",
  "```sh",
  "an excerpt",
  "```",
  "```console",
  "$ cd deep",
  "$ sh b.sh two",
  "one two",
  "$ echo $?",
  "3",
  "```",
  "",
].join("\n");

test("the comment before a block names its file, and the one that the reader writes", () => {
  const of = (document: string): unknown[] =>
    readBlocks(document).map(({ source, target }) => [source, target]);
  expect(of(WALK)).toEqual([
    ["a/b.sh", { name: "deep/b.sh", appends: false }],
    ["a/b.sh", { name: "deep/b.sh", appends: true }],
    ["a/b.sh", undefined],
    [undefined, undefined],
  ]);
  expect(of("<!-- a note of several words -->\n```ts\n1;\n```\n")).toEqual([
    [undefined, undefined],
  ]);
});

test("a walk writes the files, and keeps directory and exit code from command to command", async () => {
  await inScratch(async (cwd) => {
    const script = join(cwd, "walk.sh");
    writeFileSync(script, walkScript(readBlocks(WALK), "---"));
    const { output } = await run(["sh", script], { cwd, timeoutSeconds: 20 });
    expect(readWalk(output, "---")).toEqual([
      { output: "", exitCode: 0 },
      { output: "one two\n", exitCode: 3 },
      { output: "3\n", exitCode: 0 },
    ]);
    expect(readFileSync(join(cwd, "deep/b.sh"), "utf8")).toBe("echo one $1\n\nexit 3\n");
  });
});

test.each([
  ["", "", true],
  ["", "something\n", false],
  ["a b\n", "a    b", true],
  ["a b\n", "a b\nc\n", false],
  ["a\n…\n", "a\nb\nc\n", true],
  ["a\n…\n", "a\n", true],
  ["…\nc\n", "a\nb\nc\n", true],
  ["…\nc\n", "a\nb\nd\n", false],
  ["x… (1.*)\n", "x7 (1.*)\n", true],
  ["x… (1.*)\n", "x7 (1.5)\n", false],
])("an output as shown: %j, %j", (shown, output, expected) => {
  expect(isAsShown(shown, output)).toBe(expected);
});
