import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runHawser } from "../../src/cli/index.ts";
import { fakeIo } from "../../tests/support/cli-io.ts";
import { readDoors } from "../api/doors.ts";
import { problemOf } from "../api/run-example.ts";
import { readBlocks, shownCommands } from "../docs.ts";
import { WALKED } from "../guides/walked.ts";
import { ROOT } from "../test/files.ts";

/** The guides: what they show is a file that is there, or a command that a test runs. */

const FOLDER = "docs/guides";
const FILES = "examples/guides";

/** The guides whose sessions are typed by another test, and that test. */
const TYPED: Readonly<Record<string, string>> = {
  podman: "tests/site/podman.client.test.ts",
  containerd: "tests/site/containerd.client.test.ts",
  nerdctl: "tests/site/nerdctl.client.test.ts",
  nomad: "tests/site/nomad.client.test.ts",
  "cri-o": "tests/site/cri-o.client.test.ts",
  kubernetes: "tests/site/kubernetes.client.test.ts",
};

/** Each command of a block that is no session, the file that runs it, and the words in it that do so. */
const RUN: Readonly<Record<string, readonly [file: string, words: string]>> = {
  "dist/hawser install --conflist examples/guides/35-pods.conflist": [
    "src/cli/install.netns.test.ts",
    '(DIST, "install", ...places, "--conflist", PODS)',
  ],
  "dist/hawser install --verify": ["src/cli/install.netns.test.ts", '"install", "--verify"'],
  "dist/hawser conformance plugin dist/cni/bridge": [
    "tests/conformance/quick-profile.ts",
    '["dist/hawser", "conformance", "plugin", ',
  ],
  "crictl info": ["tests/clients/cri.ts", 'this.crictl("info")'],
  "hawser doctor shop-1": ["docs/guides/debugging.md", "$ hawser doctor shop-1 --to"],
  "hawser doctor shop-1 --to 192.0.2.2:80": [
    "docs/guides/debugging.md",
    "$ hawser doctor shop-1 --to 192.0.2.2:80",
  ],
  "npm run image": ["tests/clients/image.client.test.ts", '"run", "--silent", "image"'],
  "npm run demo:cluster": ["tests/demo-cluster.netns.test.ts", '"run", "demo:cluster"'],
};

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const guides = readdirSync(join(ROOT, FOLDER))
  .sort()
  .map((file) => ({ name: file.replace(/\.md$/, ""), text: read(`${FOLDER}/${file}`) }));

describe.each(guides)("$name", ({ name, text }) => {
  const blocks = readBlocks(text);

  test("has the parts of a guide, and is short", () => {
    const titles = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    for (const title of ["The shortest way", "What you should see", "What goes wrong"]) {
      expect(titles).toContain(title);
    }
    expect(text).toMatch(/^# .+\n\nFor .+/);
    expect(text.split("\n").length).toBeLessThan(150);
  });

  test("shows files as they are", () => {
    for (const { source, text: shown } of blocks) {
      if (source !== undefined) expect([source, shown]).toEqual([source, read(source)]);
    }
    // JSON in a guide is a configuration that is tried.
    const bare = blocks.filter(
      ({ language, source }) => language === "json" && source === undefined,
    );
    expect(bare).toEqual([]);
  });

  test("its sessions are typed by a test", () => {
    const hasSession = blocks.some(({ language }) => language === "console");
    const typed = TYPED[name];
    const isTyped = WALKED.includes(name) || (typed !== undefined && existsSync(join(ROOT, typed)));
    expect(isTyped).toBe(hasSession);
  });

  test("its other commands are run where the list says", () => {
    const commands = shownCommands(text.replaceAll(/^```console\n.*?^```$/gms, ""));
    for (const command of commands) {
      const [file = "", words = ""] = RUN[command] ?? [];
      expect([command, file !== "" && read(file).includes(words)]).toEqual([command, true]);
    }
  });
});

test("every command on the list is shown", () => {
  const shown = guides.flatMap(({ text }) => shownCommands(text));
  expect(Object.keys(RUN).filter((command) => !shown.includes(command))).toEqual([]);
});

test("every file is shown, and hawser validate finds no fault in the networks", async () => {
  const files = readdirSync(join(ROOT, FILES));
  const sources = new Set(
    guides.flatMap(({ text }) => readBlocks(text).map(({ source }) => source)),
  );
  for (const file of files) expect(sources).toContain(`${FILES}/${file}`);
  const networks = files.filter((file) => file.endsWith(".conflist"));
  for (const file of networks) {
    const { io, stdout } = fakeIo(["validate", join(ROOT, FILES, file)]);
    expect([file, await runHawser(io)]).toEqual([file, 0]);
    expect(stdout()).not.toMatch(/: (?:error|warning): /);
  }
});

test("the program that embeds the runtime does what it says", async () => {
  const code = read(`${FILES}/embed.ts`);
  expect(await problemOf({ name: "embed.ts", code }, readDoors())).toBeUndefined();
}, 60_000);
