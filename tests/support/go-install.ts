import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownEnvironment, run } from "./exec.ts";

/** Building programs of Go modules into the tests' cache, each module at one pinned version. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The largest take minutes where nothing of theirs was built before. */
const BUILD_TIMEOUT_MS = 1_200_000;

/** Programs of one module. */
export interface GoPrograms {
  readonly module: string;
  /** A released version, as `v1.2.3`. */
  readonly version: string;
  /** Where each program stands in the module. */
  readonly packages: readonly string[];
  /** First part of the directory's name; the version is the second. */
  readonly folder: string;
  /** A variable that is set to the version. */
  readonly versionVariable?: string;
  /** Build tags, which leave out what needs a C library. */
  readonly tags?: string;
}

/** Where the built programs stand. */
export function directoryOf({ folder, version }: GoPrograms): string {
  return join(ROOT, ".cache", `${folder}-${version}`);
}

/** Whether every program has been built. */
export function areBuilt(programs: GoPrograms): boolean {
  const dir = directoryOf(programs);
  return programs.packages.every((path) => existsSync(join(dir, basename(path))));
}

/**
 * Builds what is missing; returns the reason when that is not possible here. It needs the Go module
 * proxy, so that it does not work in a network namespace of its own.
 */
export async function goInstall(programs: GoPrograms): Promise<string | undefined> {
  if (areBuilt(programs)) return undefined;
  const { module, version, packages, versionVariable, tags = "" } = programs;
  const link = versionVariable === undefined ? "" : `-X ${module}/${versionVariable}=${version}`;
  const targets = packages.map((path) => `${module}/${path}@${version}`);
  return await buildInto(directoryOf(programs), `${module} ${version}`, (go, scratch) => ({
    argv: [go, "install", "-trimpath", "-tags", tags, "-ldflags", link, ...targets],
    cwd: scratch,
  }));
}

/** Where the program of a module in this repository stands once it is built; named by its sources. */
export function programOf(sources: string): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (const name of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, name)));
  const name = basename(sources);
  return join(ROOT, ".cache", `${name}-${hash.digest("hex").slice(0, 16)}`, name);
}

/** Builds the program of a module in this repository, as `goInstall` does those of others. */
export async function goBuild(sources: string): Promise<string | undefined> {
  const program = programOf(sources);
  if (existsSync(program)) return undefined;
  return await buildInto(dirname(program), sources, (go, scratch) => ({
    argv: [go, "build", "-trimpath", "-o", join(scratch, basename(program)), "."],
    cwd: sources,
  }));
}

/** Builds into a scratch directory, which becomes the directory when all is there. */
async function buildInto(
  dir: string,
  what: string,
  how: (go: string, scratch: string) => { readonly argv: readonly string[]; readonly cwd: string },
): Promise<string | undefined> {
  const go = Bun.which("go");
  if (go === null) return "Go is not installed";
  mkdirSync(dirname(dir), { recursive: true });
  const scratch = mkdtempSync(`${dir}-`);
  const { argv, cwd } = how(go, scratch);
  const env = {
    ...ownEnvironment(),
    ...{ GOBIN: scratch, GOFLAGS: "", CGO_ENABLED: "0", GO111MODULE: "on" },
  };
  try {
    const answer = await run(argv, { cwd, env, timeoutMs: BUILD_TIMEOUT_MS });
    if (answer.exitCode !== 0) {
      return `Go could not build ${what}: ${answer.stderr.trim().slice(-300)}`;
    }
    rmSync(dir, { recursive: true, force: true });
    renameSync(scratch, dir);
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
