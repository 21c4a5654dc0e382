import { expect, test } from "bun:test";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import * as v from "valibot";
import { patient } from "../tests/support/patience.ts";
import { importsOf } from "./imports.ts";
import { NPM_DOORS } from "./rooms.ts";
import { documents } from "./schemas/documents.ts";
import { readSources } from "./sources.ts";
import { ROOT } from "./test/files.ts";
import { inScratch, run } from "./test/process.ts";

/** What npm publishes. */

const TIMEOUT_MS = 180_000;
const TEXTS = v.record(v.string(), v.string());
const MANIFEST = v.object({
  dependencies: TEXTS,
  devDependencies: TEXTS,
  exports: v.record(v.string(), v.union([v.string(), TEXTS])),
});
const PACKED = v.array(v.object({ files: v.array(v.object({ path: v.string() })) }));

/** Of the repository, what a clone has and the build reads. */
const CLONED = ["src", "tools", "tests", "native", "examples", "docs", "bench", "schemas"];
const FILES = ["package.json", "package-lock.json", "tsconfig.base.json", "tsconfig.npm.json"];

/** What npm would publish from a clean clone: packed once for all tests. */
let packed: Promise<readonly string[]> | undefined;

async function pack(): Promise<readonly string[]> {
  return await inScratch(async (clone) => {
    for (const name of CLONED) {
      cpSync(join(ROOT, name), join(clone, name), { recursive: true, filter: isCloned });
    }
    for (const name of [...FILES, "CHANGELOG.md", "LICENSE", "README.md"]) {
      cpSync(join(ROOT, name), join(clone, name));
    }
    symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
    const packs = join(clone, "packs");
    mkdirSync(packs);
    const argv = ["npm", "pack", "--json", "--silent", "--pack-destination", packs];
    const { exitCode, output } = await run(argv, { cwd: clone, timeoutSeconds: TIMEOUT_MS / 1000 });
    expect(output).toContain("package.json");
    expect(exitCode).toBe(0);
    const [one] = v.parse(PACKED, JSON.parse(output.slice(output.indexOf("[\n"))));
    return one?.files.map(({ path }) => path) ?? [];
  });
}

test(
  "case L1: packed in a clean clone, the package has what its exports name",
  async () => {
    packed ??= pack();
    const { exports } = await manifest();
    const targets = Object.values(exports).flatMap((target) => {
      return typeof target === "string" ? [target] : Object.values(target);
    });
    expect(targets.length).toBeGreaterThan(0);
    const paths = await packed;
    const isThere = (target: string): boolean => {
      const [before = "", after = ""] = target.replace("./", "").split("*");
      if (!target.includes("*")) return paths.includes(before);
      return paths.some((path) => path.startsWith(before) && path.endsWith(after));
    };
    expect(targets.filter((target) => !isThere(target))).toEqual([]);
  },
  patient(TIMEOUT_MS),
);

test(
  "case L1, kind: it has nothing but that, licence and documents",
  async () => {
    packed ??= pack();
    const others = (await packed).filter((path) => !path.startsWith("dist/npm/"));
    const schemas = [...(await documents()).keys()].filter((path) =>
      /^schemas\/.*\.schema\.json$/.test(path),
    );
    const documented = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
    expect(others.sort()).toEqual([...documented, ...schemas].sort());
  },
  patient(TIMEOUT_MS),
);

test("case L2: what the package depends on is what it imports, and nothing else", async () => {
  const { dependencies } = await manifest();
  expect([...(await packagesImported())].sort()).toEqual(Object.keys(dependencies).sort());
});

/** The packages of others that the doors' files import, directly or through others, types included. */
async function packagesImported(): Promise<Set<string>> {
  const sources = new Map((await readSources(["src"])).map(({ path, text }) => [path, text]));
  const open = [...NPM_DOORS.values()].map((room) => `src/${room}/index.ts`);
  const seen = new Set<string>();
  const packages = new Set<string>();
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const target of importsOf(path, sources.get(path) ?? "")) {
      const isRelative = target.startsWith(".");
      if (isRelative) open.push(normalize(join(dirname(path), target)));
      else if (!/^(?:node|bun):/u.test(target)) packages.add(packageOf(target));
    }
  }
  return packages;
}

/** `@bufbuild/protobuf/wire` is of `@bufbuild/protobuf`. */
function packageOf(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

test("case L2, kind: nothing is needed twice, and each version is one", async () => {
  const { dependencies, devDependencies } = await manifest();
  expect(Object.keys(dependencies).filter((name) => name in devDependencies)).toEqual([]);
  const versions = Object.values({ ...dependencies, ...devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

async function manifest(): Promise<v.InferOutput<typeof MANIFEST>> {
  return v.parse(MANIFEST, await Bun.file(join(ROOT, "package.json")).json());
}

function isCloned(path: string): boolean {
  return !/\/(?:node_modules|\.cache)(?:\/|$)|\.tsbuildinfo$/.test(path);
}
