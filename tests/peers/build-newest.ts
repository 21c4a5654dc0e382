import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownEnvironment, run } from "../support/exec.ts";
import { GO_MODULE, GO_PACKAGES, GO_VERSION } from "./go-plugins.ts";

/**
 * Builds the newest reference plugins from the Go module proxy into the tests' cache. As a program
 * it prints the directory, or the reason why there is none (and still exits 0: a machine without Go
 * runs the tests without these peers).
 */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where the built plugins stand. */
export const NEWEST_DIR: string = join(ROOT, ".cache", `peers-${GO_VERSION}`);

const BUILD_TIMEOUT_MS = 300_000;

/** Whether every plugin has been built. */
export function newestIsBuilt(): boolean {
  return GO_PACKAGES.every((path) => existsSync(join(NEWEST_DIR, basename(path))));
}

/** Builds what is missing; returns the reason when that is not possible here. */
export async function buildNewest(): Promise<string | undefined> {
  if (newestIsBuilt()) {
    return undefined;
  }
  const go = Bun.which("go");
  if (go === null) {
    return "Go is not installed";
  }
  mkdirSync(dirname(NEWEST_DIR), { recursive: true });
  const scratch = mkdtempSync(`${NEWEST_DIR}-`);
  try {
    const version = `${GO_MODULE}/pkg/utils/buildversion.BuildVersion=${GO_VERSION}`;
    const packages = GO_PACKAGES.map((path) => `${GO_MODULE}/${path}@${GO_VERSION}`);
    const answer = await run(
      [go, "install", "-trimpath", "-ldflags", `-X ${version}`, ...packages],
      {
        cwd: scratch,
        env: {
          ...ownEnvironment(),
          GOBIN: scratch,
          GOFLAGS: "",
          CGO_ENABLED: "0",
          GO111MODULE: "on",
        },
        timeoutMs: BUILD_TIMEOUT_MS,
      },
    );
    if (answer.exitCode !== 0) {
      return `Go could not build ${GO_MODULE} ${GO_VERSION}: ${answer.stderr.trim().slice(-300)}`;
    }
    rmSync(NEWEST_DIR, { recursive: true, force: true });
    renameSync(scratch, NEWEST_DIR);
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const reason = await buildNewest();
  console.log(reason === undefined ? NEWEST_DIR : `not built: ${reason}`);
}
