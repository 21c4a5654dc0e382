import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { shownCommands } from "./docs.ts";
import { readSources } from "./sources.ts";
import { ROOT } from "./test/files.ts";

/** The documents whose commands are held here. */
const DOCUMENTS = ["README.md", "docs/hacking.md", "docs/install.md"];

/** Each command that they may show, the file that runs it, and the words in it that do so. */
const RUN: Readonly<Record<string, readonly [file: string, words: string]>> = {
  "npm ci": [".ci/run", "npm ci"],
  "npm run setup": [".ci/run", "npm run setup"],
  "npm test": [".ci/run", "npm test"],
  "npm test -- bridge": ["tools/commands.test.ts", '"test", "--", "tools/'],
  "npm run test:lab -- vlan": ["tools/commands.test.ts", '"run", "test:lab", "--", "no-'],
  "npm run build": ["tools/commands.test.ts", '"run", "build"'],
  "npm run check": ["tools/test.ts", "runSteps()"],
  "npm run demo": ["tests/demo.netns.test.ts", '"run", "demo"'],
  "npm run image": ["tests/clients/image.client.test.ts", '"run", "--silent", "image"'],
  "dist/hawser install --conflist examples/dbnet.conflist": [
    "src/cli/install.netns.test.ts",
    '(DIST, "install", ...places, "--conflist", DBNET)',
  ],
  "dist/hawser install --verify": ["src/cli/install.netns.test.ts", '"install", "--verify"'],
  "dist/hawser uninstall": ["src/cli/install.netns.test.ts", '"uninstall", "--bin-dir", bin'],
  "npm run format": ["tools/commands.test.ts", "npm run --silent format"],
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
  const { scripts } = v.parse(PACKAGE, JSON.parse(read("package.json")));
  const documents = [
    ...(await readSources(["docs"], "**/*.md")),
    ...(await readSources(["."], "*.md")),
  ];
  const named = documents.flatMap(({ text }) => [...text.matchAll(/npm run ([\w-]+)/g)]);
  expect(named.length).toBeGreaterThan(0);
  expect(named.map(([, name = ""]) => name).filter((name) => scripts[name] === undefined)).toEqual(
    [],
  );
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
