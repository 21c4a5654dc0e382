import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PLUGIN_NAMES, ROOMS } from "./rooms.ts";
import { readSources } from "./sources.ts";
import { FOLDERS, ROOT } from "./test/files.ts";
import { isGoodFileName, LINES_MAX, tidyProblems } from "./tidy.ts";

/** The rules and their own tests name what they ban. */
const OWN_FILES = ["tools/tidy.ts", "tools/tidy.test.ts"];

test("every source file is tidy", async () => {
  const sources = (await readSources(FOLDERS)).filter(({ path }) => !OWN_FILES.includes(path));
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.flatMap(tidyProblems)).toEqual([]);
});

test("every document is free of marks and machine paths", async () => {
  const documents = [
    ...(await readSources(["docs", ...FOLDERS], "**/*.md")),
    ...(await readSources(["."], "*.md")),
    ...(await readSources([".ci"], "*")),
  ];
  expect(documents.length).toBeGreaterThan(0);
  expect(documents.flatMap(tidyProblems).filter((text) => !text.includes(" lines, "))).toEqual([]);
});

test("every file name is words in small letters", async () => {
  const sources = await readSources(FOLDERS);
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.map(({ path }) => path).filter((path) => !isGoodFileName(path))).toEqual([]);
});

test("every room has a door", () => {
  expect(ROOMS.length).toBeGreaterThan(0);
  const doorless = ROOMS.filter(({ name }) => {
    return !["index.ts", "main.ts"].some((file) => existsSync(join(ROOT, "src", name, file)));
  });
  expect(doorless.map(({ name }) => name)).toEqual([]);
});

test("every plugin has a README", () => {
  expect(PLUGIN_NAMES.length).toBeGreaterThan(0);
  const bare = PLUGIN_NAMES.filter((name) => {
    return !existsSync(join(ROOT, "src/plugins", name, "README.md"));
  });
  expect(bare).toEqual([]);
});

describe("a bad line is caught", () => {
  const cases: [path: string, line: string, problem: string][] = [
    ["src/spec/x.ts", 'console.log("x");', "stdout belongs"],
    ["tools/x.ts", "const x = y as any;", "decode"],
    ["tools/x.ts", "const x = y as any as Z;", "decode"],
    ["docs/x.md", "TODO: later", "open an issue"],
    ["src/spec/x.ts", "// FIXME", "open an issue"],
    ["src/state/x.ts", 'const home = process.env["HOME"];', "as an argument"],
    ["src/state/x.ts", 'const home = Bun.env["HOME"];', "as an argument"],
    ["src/page/x.tsx", "<p dangerouslySetInnerHTML={{ __html: name }} />", "never as markup"],
    ["src/page/x.ts", "element.innerHTML = name;", "never as markup"],
    ["src/spec/x.test.ts", 'test.only("x", () => {});', "run all tests"],
    ["src/spec/x.test.ts", 'test.todo("x");', "run all tests"],
    ["tests/x.ts", 'const dir = "/home/somebody/src";', "one machine"],
    ["src/invoke/x.ts", 'if (error.message === "busy") {', "never by its text"],
    ["src/invoke/x.ts", 'if (error.message.includes("busy")) {', "never by its text"],
    ["src/spec/x.ts", "// biome-ignore lint/style/useConst:", "says why"],
    ["src/spec/x.ts", "// biome-ignore lint/style/useConst: yes", "says why"],
    ["src/spec/x.ts", "// @ts-ignore because it does not compile", "says why"],
    ["src/spec/x.ts", "// @ts-expect-error", "says why"],
    ["src/spec/x.ts", "// oxlint-disable-next-line typescript/await-thenable", "says why"],
  ];
  test.each(cases)("%s: %s", (path, text, problem) => {
    const problems = tidyProblems({ path, text });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});

describe("a good line is let through", () => {
  const cases: [path: string, line: string][] = [
    ["src/cli/print.ts", "console.log(text);"],
    ["src/cli/main.ts", "run(process.env);"],
    ["src/invoke/x.ts", " * env: process.env,"],
    ["tests/x.ts", "const { env } = process.env;"],
    ["src/spec/x.ts", "// the same as any other"],
    ["src/spec/x.ts", 'const path = "/var/lib/cni/networks";'],
    ["src/spec/x.test.ts", "expect(error.message === expected).toBe(true);"],
    ["src/spec/x.ts", "// biome-ignore lint/style/useConst: it is assigned by the caller"],
    ["src/spec/x.ts", "// @ts-expect-error the list is checked at run time"],
    ["src/spec/x.ts", "// oxlint-disable-next-line typescript/x -- the type of it is wrong"],
  ];
  test.each(cases)("%s: %s", (path, text) => {
    expect(tidyProblems({ path, text })).toEqual([]);
  });
});

test("a long file is caught, and only that", () => {
  const path = "src/spec/x.ts";
  expect(tidyProblems({ path, text: "x;\n".repeat(LINES_MAX) })).toEqual([]);
  const [problem, ...others] = tidyProblems({ path, text: "x;\n".repeat(LINES_MAX + 1) });
  expect(problem).toContain("split it");
  expect(others).toEqual([]);
});

test("file names", () => {
  for (const name of ["x.ts", "owner-store.netns.test.ts", "pure-globals.d.ts", "ipv4.test.ts"]) {
    expect([name, isGoodFileName(`src/spec/${name}`)]).toEqual([name, true]);
  }
  for (const name of ["ownerStore.ts", "owner_store.ts", "x.spec.ts", "x.unit.test.ts", "-x.ts"]) {
    expect([name, isGoodFileName(`src/spec/${name}`)]).toEqual([name, false]);
  }
});
