import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import { VERSION } from "../../src/base/index.ts";
import { checkPluginType } from "../../src/spec/index.ts";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { inScratch, type RunResult, run } from "../test/process.ts";
import { CREATE_PLUGIN } from "./place.ts";

/** `npm create hawser-plugin` as a program: what it writes, and what it refuses. */

const TEXTS = v.record(v.string(), v.string());
const MANIFEST = v.object({
  version: v.string(),
  dependencies: v.optional(TEXTS, {}),
  devDependencies: v.optional(TEXTS, {}),
});
const manifestOf = (directory: string): v.InferOutput<typeof MANIFEST> =>
  v.parse(MANIFEST, JSON.parse(readFileSync(join(directory, "package.json"), "utf8")));

const GOOD = ["x", "my-net", "a.b_c-1", "x".repeat(64)];

/** The program's output in a directory; its stdin is no terminal. */
async function create(cwd: string, ...words: string[]): Promise<RunResult> {
  const argv = ["node", join(CREATE_PLUGIN, "src/main.mjs"), ...words];
  return await run(argv, { cwd, timeoutSeconds: 30 });
}

describe("what is refused", () => {
  const names = [
    "",
    "../x",
    "a/b",
    ".",
    "..",
    "/etc",
    "-x",
    "A",
    "a b",
    "a\n",
    "ä",
    "x".repeat(65),
  ];
  const taken = [...PLUGIN_NAMES, "hawser", "valibot", "esbuild", "typescript", "node_modules"];
  test("names that are none, that nodes have already, or that the project needs itself", async () => {
    const all = [...names, ...taken, ...GOOD];
    const module = pathToFileURL(join(CREATE_PLUGIN, "src/name.mjs")).href;
    const script = `import { nameProblem } from ${JSON.stringify(module)};
console.log(JSON.stringify(${JSON.stringify(all)}.filter((name) => nameProblem(name) === undefined)));`;
    const argv = ["node", "--input-type=module", "--eval", script];
    const { output } = await run(argv, { cwd: ROOT, timeoutSeconds: 30 });
    expect(JSON.parse(output)).toEqual(GOOD);
    for (const name of GOOD) expect(() => checkPluginType(name)).not.toThrow();
  });

  test.each(["../x", "bridge"])("the name %j, and nothing is written", async (name) => {
    await inScratch(async (scratch) => {
      const { exitCode, output } = await create(scratch, name, "--kind", "ipam");
      expect(exitCode).toBe(2);
      expect(output).toStartWith(`create-hawser-plugin: ${JSON.stringify(name)} `);
      expect(readdirSync(scratch)).toEqual([]);
    });
  });

  test("a kind that is none, a second name, an option that is none, no name", async () => {
    await inScratch(async (scratch) => {
      const calls: string[][] = [["x", "--kind", "meta"], ["x", "y"], ["x", "--force"], []];
      for (const words of calls) expect((await create(scratch, ...words)).exitCode).toBe(2);
      expect(readdirSync(scratch)).toEqual([]);
    });
  });

  test("--kind without a -- before it, which npm keeps for itself", async () => {
    await inScratch(async (scratch) => {
      const argv = ["node", join(CREATE_PLUGIN, "src/main.mjs"), "x", "ipam"];
      const env = { npm_config_kind: "true" };
      const { exitCode, output } = await run(argv, { cwd: scratch, env, timeoutSeconds: 30 });
      expect(exitCode).toBe(2);
      expect(output).toContain('"--" belongs before it');
      expect(readdirSync(scratch)).toEqual([]);
    });
  });

  test("a directory that has something in it, a file, a link into nothing: all stay as they are", async () => {
    await inScratch(async (scratch) => {
      mkdirSync(join(scratch, "full"));
      writeFileSync(join(scratch, "full/mine"), "mine");
      writeFileSync(join(scratch, "file"), "mine");
      symlinkSync("nowhere", join(scratch, "link"));
      expect((await create(scratch, "full")).output).toContain(
        "is not empty, and is left as it is",
      );
      expect((await create(scratch, "file")).output).toContain("is there, and is no directory");
      expect((await create(scratch, "link")).exitCode).toBe(2);
      expect(readdirSync(scratch).sort()).toEqual(["file", "full", "link"]);
      expect(readdirSync(join(scratch, "full"))).toEqual(["mine"]);
    });
  });
});

test("a project that cannot be finished takes away what it wrote, and nothing else", async () => {
  await inScratch(async (scratch) => {
    mkdirSync(join(scratch, "src/mine"), { recursive: true });
    writeFileSync(join(scratch, "src/mine/file"), "mine");
    writeFileSync(join(scratch, "src/plugin.ts"), "mine");
    const module = pathToFileURL(join(CREATE_PLUGIN, "src/project.mjs")).href;
    const wanted = JSON.stringify({ directory: scratch, name: "x", kind: "ipam" });
    const script = `import { writeProject } from ${JSON.stringify(module)}; writeProject(${wanted});`;
    const argv = ["node", "--input-type=module", "--eval", script];
    const { exitCode, output } = await run(argv, { cwd: ROOT, timeoutSeconds: 30 });
    expect(exitCode).toBe(1);
    expect(output).toContain("EEXIST");
    const left = readdirSync(scratch, { recursive: true, encoding: "utf8" });
    expect(left.toSorted((a, b) => a.localeCompare(b, "en"))).toEqual([
      ...["src", "src/mine", "src/mine/file", "src/plugin.ts"],
    ]);
    expect(readFileSync(join(scratch, "src/plugin.ts"), "utf8")).toBe("mine");
  });
});

test("an empty directory is filled, and each file is named", async () => {
  await inScratch(async (scratch) => {
    mkdirSync(join(scratch, "web-dns"));
    const { exitCode, output } = await create(scratch, "web-dns");
    expect(exitCode).toBe(0);
    const files = [...output.matchAll(/^web-dns\/(.*)$/gmu)].map(([, path = ""]) => path);
    expect(files).toContain(".gitignore");
    for (const path of files) {
      expect(readFileSync(join(scratch, "web-dns", path), "utf8")).not.toContain("{{");
    }
    expect(readFileSync(join(scratch, "web-dns/src/plugin.ts"), "utf8")).toContain('"web-dns"');
    expect(existsSync(join(scratch, "web-dns/subject.json"))).toBe(true);
  });
});

test("versions are those that this repository is tried with, and the licence is the same", async () => {
  expect(manifestOf(CREATE_PLUGIN)).toEqual({
    version: VERSION,
    dependencies: {},
    devDependencies: {},
  });
  const own = manifestOf(ROOT);
  const template = manifestOf(join(CREATE_PLUGIN, "template/common"));
  const { valibot } = own.dependencies;
  expect(template.dependencies).toEqual({ hawser: "{{hawser}}", valibot: valibot ?? "" });
  const { typescript } = own.devDependencies;
  const types = manifestOf(join(ROOT, "node_modules/@types/node")).version;
  const toolbox = readFileSync(join(ROOT, "tools/package/toolbox.ts"), "utf8");
  const esbuild = /esbuild: "(.*)"/u.exec(toolbox)?.[1] ?? "";
  expect(template.devDependencies).toEqual({
    "@types/node": types,
    esbuild,
    typescript: typescript ?? "",
  });
  const licence = (directory: string): string => readFileSync(join(directory, "LICENSE"), "utf8");
  expect(licence(CREATE_PLUGIN)).toBe(licence(ROOT));
});
