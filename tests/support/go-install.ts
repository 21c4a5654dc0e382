import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownEnvironment, run } from "./exec.ts";

/** Building programs of Go modules into the tests' cache, each module at one pinned version. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUILD_TIMEOUT_MS = 300_000;

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
  const go = Bun.which("go");
  if (go === null) return "Go is not installed";
  const { module, version, packages, versionVariable } = programs;
  const dir = directoryOf(programs);
  mkdirSync(dirname(dir), { recursive: true });
  const scratch = mkdtempSync(`${dir}-`);
  const link = versionVariable === undefined ? "" : `-X ${module}/${versionVariable}=${version}`;
  const targets = packages.map((path) => `${module}/${path}@${version}`);
  try {
    const answer = await run([go, "install", "-trimpath", "-ldflags", link, ...targets], {
      cwd: scratch,
      env: {
        ...ownEnvironment(),
        GOBIN: scratch,
        GOFLAGS: "",
        CGO_ENABLED: "0",
        GO111MODULE: "on",
      },
      timeoutMs: BUILD_TIMEOUT_MS,
    });
    if (answer.exitCode !== 0) {
      return `Go could not build ${module} ${version}: ${answer.stderr.trim().slice(-300)}`;
    }
    rmSync(dir, { recursive: true, force: true });
    renameSync(scratch, dir);
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
