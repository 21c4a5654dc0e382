import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/files.ts";
import { ReleaseFailure } from "./must.ts";

/** Packages of others that are inside of what is released, as the bundler sees them. */

export interface Bundled {
  readonly name: string;
  readonly version: string;
  /** An expression of SPDX. */
  readonly license: string;
  /** SHA-512 of the package, hexadecimal; as the lock file has it. */
  readonly sha512: string;
  /** Where a part of it is. */
  readonly parts: readonly Part[];
  /** Its licences and notices, by the names of their files. */
  readonly texts: Readonly<Record<string, string>>;
}

export type Part = "executable" | "page" | "npm package";

const PACKAGE = v.object({
  name: v.string(),
  version: v.string(),
  license: v.string(),
});
const LOCK = v.object({
  packages: v.record(v.string(), v.object({ integrity: v.optional(v.string()) })),
});
const MANIFEST = v.object({ dependencies: v.optional(v.record(v.string(), v.string()), {}) });
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)/iu;

/** Of the executable, the page in it, and what npm brings along with the package; sorted by name. */
export async function bundled(): Promise<Bundled[]> {
  const parts = new Map<string, Set<Part>>();
  const note = (directories: Iterable<string>, part: Part): void => {
    for (const each of directories) parts.set(each, (parts.get(each) ?? new Set()).add(part));
  };
  note(await packagesIn(["src/cli/main.ts", "src/cli/worker.ts"], "bun"), "executable");
  note(await packagesIn(["src/page/main.ts", "src/page/style/app.css"], "browser"), "page");
  note(dependencies(), "npm package");
  const lock = v.parse(LOCK, JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));
  return [...parts]
    .map(([directory, found]) => {
      const integrity = lock.packages[directory]?.integrity ?? "";
      return described(directory, integrity, [...found].sort());
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The directories of the packages of which something is left in the bundler's output. */
async function packagesIn(
  entries: readonly string[],
  target: "bun" | "browser",
): Promise<string[]> {
  const { metafile } = await Bun.build({
    entrypoints: entries.map((path) => join(ROOT, path)),
    ...{ target, root: ROOT, minify: true, splitting: true, metafile: true },
    define: { ENTRY_PROGRAM: '""', RELEASE_COMMIT: '""', "process.env.NODE_ENV": '"production"' },
  });
  if (metafile === undefined) throw new ReleaseFailure("the bundler does not say what it took");
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const css = Object.keys(metafile.inputs).filter((path) => path.endsWith(".css"));
  return [...used, ...css].flatMap((path) => packageOf(path) ?? []);
}

/** The package that a file belongs to, from the top of the repository. */
export function packageOf(path: string): string | undefined {
  return /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/u.exec(path)?.[0];
}

/** What is installed along with the npm package. */
function dependencies(): string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return Object.keys(v.parse(MANIFEST, manifest).dependencies).map(
    (name) => `node_modules/${name}`,
  );
}

function described(directory: string, integrity: string, parts: readonly Part[]): Bundled {
  const path = join(ROOT, directory);
  const json: unknown = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const { name, version, license } = v.parse(PACKAGE, json);
  const [algorithm, digest = ""] = integrity.split("-");
  if (algorithm !== "sha512") {
    throw new ReleaseFailure(`package-lock.json has no SHA-512 of ${directory}`);
  }
  const sha512 = Buffer.from(digest, "base64").toString("hex");
  return { name, version, license, sha512, parts, texts: textsIn(path) };
}

function textsIn(directory: string): Record<string, string> {
  const names = readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile()) return LICENSE_FILE.test(entry.name) ? [entry.name] : [];
    if (entry.name !== "licenses") return [];
    return readdirSync(join(directory, "licenses")).map((name) => `licenses/${name}`);
  });
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(directory, name), "utf8").trim()]),
  );
}
