import { expect, test } from "bun:test";
import { chmodSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { entryProgram, Node, programText } from "../../tests/support/installation.ts";
import { defined } from "../base/index.ts";
import { type InstallRequest, install, type VerifyReport, verify } from "./index.ts";

async function look(node: Node, request: InstallRequest): Promise<VerifyReport> {
  const { program, plugins, entry } = request;
  const env = { PATH: "/usr/bin:/bin" };
  return await verify({ binDir: node.binDir, program, plugins, ...defined({ entry }), env });
}

/** What answers VERSION as an entry program does. */
const ENTRY = entryProgram(programText("entry"));

test("case D2, kind: links are a problem to an executable that has an entry program, and a note to another", async () => {
  using node = new Node();
  const request = node.request("1");
  install(request);
  const without = await look(node, request);
  expect(without.problems).toEqual([]);
  expect(without.notes.join()).toContain("never ask the daemon");
  const whole = { ...request, entry: ENTRY };
  const [problem] = (await look(node, whole)).problems;
  expect(problem?.path).toBe(node.binDir);
  expect(problem?.problem).toContain("never ask the daemon: run `hawser install` again");
  install(whole);
  expect((await look(node, whole)).problems).toEqual([]);
});

test("a fresh installation has no problems", async () => {
  using node = new Node();
  const request = node.request("1", { entry: ENTRY });
  install(request);
  expect(await look(node, request)).toMatchObject({ version: "1", problems: [], notes: [] });
});

test("where nothing is installed, that is the problem", async () => {
  using node = new Node();
  const { problems } = await look(node, node.request("1"));
  expect(problems).toEqual([{ path: node.binDir, problem: "Hawser is not installed here" }]);
});

const damages: [name: string, damage: (node: Node) => void, file: string, words: string][] = [
  ["a missing plugin", (node) => rmSync(node.bin("bridge")), "bridge", "is missing"],
  [
    "a link that leads elsewhere",
    (node) => {
      rmSync(node.bin("bridge"));
      symlinkSync("/bin/true", node.bin("bridge"));
    },
    "bridge",
    "is not what was installed",
  ],
  ["other bytes", (node) => writeFileSync(node.bin("hawser"), "x"), "hawser", "is not what"],
  [
    "another mode",
    (node) => chmodSync(node.bin("hawser"), 0o700),
    "hawser",
    "has mode 700, not 755",
  ],
];

test.each(damages)(
  "%s is a problem, and the next run repairs it",
  async (_, damage, file, words) => {
    using node = new Node();
    const request = node.request("1");
    install(request);
    damage(node);
    const { problems } = await look(node, request);
    const own = problems.filter(({ path }) => path === node.bin(file));
    expect(own.map(({ problem }) => problem).join()).toContain(words);
    install({ ...request, replace: true });
    expect((await look(node, request)).problems).toEqual([]);
  },
);

test("a plugin that does not answer is a problem", async () => {
  using node = new Node();
  const request = node.request("1");
  writeFileSync(request.program, "#!/bin/sh\necho broken >&2\nexit 1\n");
  install(request);
  const { problems } = await look(node, request);
  expect(problems.map(({ path }) => path)).toEqual(request.plugins.map((name) => node.bin(name)));
  expect(problems[0]?.problem).toContain("does not answer VERSION");
});

test("a configuration whose plugin is nowhere is a problem", async () => {
  using node = new Node();
  const request = node.request("1", { plugins: ["bridge"] });
  install(request);
  expect((await look(node, request)).problems).toEqual([
    {
      path: node.conflist,
      problem: `names the plugin host-local, which ${node.binDir} lacks`,
    },
  ]);
});

test("another release than the one that asks, and plugins of others, are notes", async () => {
  using node = new Node();
  node.addForeign("bridge");
  install(node.request("1", { entry: ENTRY }));
  const next = node.request("2", { entry: ENTRY });
  const { problems, notes } = await look(node, next);
  expect(problems).toEqual([]);
  expect(notes).toEqual([
    `${node.bin("hawser")} (1) is another executable than ${next.program}`,
    `not Hawser's: ${node.bin("bridge")}`,
  ]);
});
