import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import * as v from "valibot";
import { Errno } from "../src/kernel/sys/index.ts";
import { LATEST } from "../src/spec/index.ts";
import { has } from "../tests/support/features.ts";
import { skipBecause } from "../tests/support/needs.ts";
import { patient } from "../tests/support/patience.ts";
import { exportsOf, readDoors } from "./api/doors.ts";
import { importsOf } from "./imports.ts";
import { type Packed, packClone } from "./package/pack.ts";
import { makeProject, type Project } from "./package/project.ts";
import { doorSizes, SIZES, sizesIn } from "./package/sizes.ts";
import { toolbox } from "./package/toolbox.ts";
import { NPM_DOORS } from "./rooms.ts";
import { documents } from "./schemas/documents.ts";
import { readSources } from "./sources.ts";
import { ROOT } from "./test/files.ts";
import { partOf } from "./written-part.ts";

/** What npm publishes, and what others make of it. */

const TIMEOUT_MS = 180_000;
const TEXTS = v.record(v.string(), v.string());
const MANIFEST = v.object({
  dependencies: TEXTS,
  devDependencies: TEXTS,
  peerDependencies: TEXTS,
  peerDependenciesMeta: v.record(v.string(), v.object({ optional: v.boolean() })),
  exports: v.record(v.string(), v.union([v.string(), TEXTS])),
});

const scratch = mkdtempSync(join(tmpdir(), "hawser-package-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What npm would publish from a clean clone: packed once for all tests. */
const packed = once(async (): Promise<Packed> => await packClone(join(scratch, "packs")));

/** A project in which that is installed. */
const project = once(async (): Promise<Project> => {
  return await makeProject((await packed()).tarball, join(scratch, "project"));
});

const tools = await toolbox();
const unfetched = tools === undefined ? "npm's registry, once" : undefined;
const online = skipBecause(unfetched);
const onKernel = skipBecause(unfetched ?? (has("root") ? undefined : "root"));

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    made ??= make();
    return await made;
  };
}

test(
  "case L1: packed in a clean clone, the package has what its exports name",
  async () => {
    const { exports } = await manifest();
    const targets = Object.values(exports).flatMap((target) => {
      return typeof target === "string" ? [target] : Object.values(target);
    });
    expect(targets.length).toBeGreaterThan(0);
    const { paths } = await packed();
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
    const others = (await packed()).paths.filter((path) => !path.startsWith("dist/npm/"));
    const schemas = [...(await documents()).keys()].filter((path) =>
      /^schemas\/.*\.schema\.json$/.test(path),
    );
    const documented = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
    expect(others.sort()).toEqual([...documented, ...schemas].sort());
  },
  patient(TIMEOUT_MS),
);

describe("case L3: installed in an empty project", () => {
  const doors = readDoors();
  const names = doors.map(({ name }) => name);
  const loads = async (program: string): Promise<string> => {
    const { run } = await project();
    const { output } = await run([program, "every-door.mjs", ...names]);
    const found = JSON.parse(output) as { kernel: string; names: Record<string, string[]> };
    for (const door of doors) {
      const values = exportsOf(door, doors).filter((each) => each.isType !== true);
      expect<unknown>(found.names[door.name]).toEqual(
        expect.arrayContaining(values.filter(isValue).map(({ name }) => name)),
      );
    }
    return found.kernel;
  };
  const isValue = ({ declaration, members, from }: ReturnType<typeof exportsOf>[number]): boolean =>
    members !== undefined ||
    from !== undefined ||
    !/^(?:interface|type)$/.test(declaration?.kind ?? "");

  test(
    "each door can be loaded by this Node, and says in a sentence what it cannot do",
    async () => {
      expect(await loads("node")).toMatch(
        /^PlatformError: Node\.js \d+\.\d+\.\d+ cannot call the kernel without koffi: npm install koffi\. .* run the program by Bun .*$/,
      );
    },
    patient(TIMEOUT_MS),
  );

  online(
    "… by Node 22 and 26",
    async () => {
      for (const node of Object.values(tools?.nodes ?? {})) {
        expect(await loads(node)).toStartWith("PlatformError: Node.js 2");
      }
    },
    TIMEOUT_MS,
  );

  test(
    "… and by Bun, where the kernel answers",
    async () => {
      expect(await loads(process.execPath)).toBe("called");
    },
    patient(TIMEOUT_MS),
  );

  onKernel(
    "with koffi beside it, each Node calls the kernel; plugins say that they need Bun",
    async () => {
      const { directory, run } = await project();
      const koffi = join(directory, "node_modules/koffi");
      symlinkSync(tools?.koffi ?? "", koffi);
      try {
        for (const program of ["node", ...Object.values(tools?.nodes ?? {}), process.execPath]) {
          const { output } = await run(["unshare", "--net", "--mount", program, "kernel.mjs"]);
          const { plugin, ...found } = JSON.parse(output) as { plugin: object };
          expect([program, found]).toEqual([program, KERNEL]);
          const isBun = program === process.execPath;
          const refused = { code: 999, msg: expect.stringMatching(NEEDS_BUN) as unknown };
          expect<unknown>(plugin).toEqual({ cniVersion: LATEST, ...(isBun ? {} : refused) });
        }
      } finally {
        unlinkSync(koffi);
      }
    },
    TIMEOUT_MS,
  );

  test(
    "CommonJS: new Nodes take it, older ones say how it is loaded",
    async () => {
      const { directory, run } = await project();
      writeFileSync(
        join(directory, "required.cjs"),
        'console.log(require("hawser/spec").LATEST);\n',
      );
      const old = ["node", "--no-experimental-require-module", "required.cjs"];
      const { output } = await run(old);
      expect(output).toContain("ERR_REQUIRE_ESM");
      expect(output).toContain("to a dynamic import() which is available in all CommonJS modules");
      for (const node of Object.values(tools?.nodes ?? {})) {
        expect((await run([node, "--no-warnings", "required.cjs"])).output).toBe("1.1.0\n");
      }
    },
    patient(TIMEOUT_MS),
  );

  test(
    "the compiler takes its types, strictly and in each way of resolving modules",
    async () => {
      const { run } = await project();
      const tsc = [
        join(ROOT, "node_modules/.bin/tsc"),
        "--noEmit",
        "--strict",
        "--pretty",
        "false",
      ];
      const options = ["--target", "es2022", "--lib", "es2022", "--types", "node"];
      const ways = [...[["nodenext"], ["node16"]], ["preserve", "--moduleResolution", "bundler"]];
      const results = await Promise.all(
        ways.map((way) => run([...tsc, ...options, "--module", ...way, "all-types.ts"])),
      );
      expect(results.map(({ output }) => output)).toEqual(["", "", ""]);
    },
    patient(TIMEOUT_MS),
  );

  test(
    "a bundle of bun runs, compiled or not",
    async () => {
      const { run } = await project();
      const build = [process.execPath, "build", "program.ts", "--target=bun", "--minify"];
      expect((await run([...build, "--outfile=bundled-by-bun.js"])).exitCode).toBe(0);
      const { output } = await run([process.execPath, "bundled-by-bun.js"]);
      expect(output).toBe("10.1.0.2/24 accept bridge\n");
    },
    patient(TIMEOUT_MS),
  );

  online(
    "a bundle of esbuild runs on Bun, and on Node what does not call the kernel",
    async () => {
      const { run } = await project();
      const options = [
        "--bundle",
        "--platform=node",
        "--format=esm",
        "--minify",
        "--log-level=warning",
      ];
      const argv = [
        tools?.esbuild ?? "",
        "program.ts",
        ...options,
        "--outfile=bundled-by-esbuild.mjs",
      ];
      expect((await run(argv)).output).toBe("");
      for (const program of [process.execPath, "node", ...Object.values(tools?.nodes ?? {})]) {
        const { output } = await run([program, "bundled-by-esbuild.mjs"]);
        expect([program, output]).toEqual([program, "10.1.0.2/24 accept bridge\n"]);
      }
    },
    TIMEOUT_MS,
  );
});

/** What the consumer's kernel.ts finds. */
const KERNEL = {
  host: ["lo", "host0"],
  inside: ["lo", "eth0"],
  addresses: ["10.1.0.2/24"],
  rules: ["tcp dport 23 drop"],
  isElsewhere: true,
  isBack: true,
  refused: Errno.EEXIST,
  absent: Errno.ENODEV,
};
const NEEDS_BUN = /^Node\.js \S+ cannot run these plugins in process, which need Bun\./;

const TOLERANCE = 0.1;

online(
  "the sizes in docs/package.md are those that are measured (else: npm run package)",
  async () => {
    const page = readFileSync(join(ROOT, "docs/package.md"), "utf8");
    const written = sizesIn(partOf(page, SIZES));
    const names = readDoors().map(({ name }) => name);
    const { size, unpackedSize } = await packed();
    const measured = new Map([
      ["packed", size],
      ["unpacked", unpackedSize],
      ...(await doorSizes(await project(), names, tools?.esbuild ?? "")).map(
        ({ door, bundled }) => [door, bundled] as const,
      ),
    ]);
    expect([...written.keys()]).toEqual([...measured.keys()]);
    const off = [...measured].filter(([name, bytes]) => {
      const said = written.get(name) ?? 0;
      return Math.abs(said - bytes / 1000) > Math.max(1, said * TOLERANCE);
    });
    expect(off).toEqual([]);
  },
  TIMEOUT_MS,
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

test("case L2, kind: what calls C on Node is the choice of those who want it", async () => {
  const { peerDependencies, peerDependenciesMeta } = await manifest();
  expect(Object.keys(peerDependencies)).toEqual(["koffi"]);
  expect(peerDependenciesMeta).toEqual({ koffi: { optional: true } });
});

test("case L2, kind: nothing is needed twice, and each version is one", async () => {
  const { dependencies, devDependencies } = await manifest();
  expect(Object.keys(dependencies).filter((name) => name in devDependencies)).toEqual([]);
  const versions = Object.values({ ...dependencies, ...devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

async function manifest(): Promise<v.InferOutput<typeof MANIFEST>> {
  return v.parse(MANIFEST, await Bun.file(join(ROOT, "package.json")).json());
}
