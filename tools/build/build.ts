import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";
import { fingerprint, isFresh } from "./fingerprint.ts";

/** Makes dist: the executable, the plugin directory of links to it, and what npm publishes. */

const DIST = join(ROOT, "dist");
const MARK = join(DIST, ".fingerprint");
const ENTRIES = [...PLUGIN_NAMES, "cnitool"];
const RESULTS = ["hawser", "npm/index.js", ...ENTRIES.map((name) => `cni/${name}`)];
const STEP_SECONDS = 120;

/** A tool did not accept the sources; the message is what it said. */
export class BuildFailure extends Error {}

/** Returns false when there was nothing to do; throws a BuildFailure when a tool fails. */
export async function build(): Promise<boolean> {
  const digest = await fingerprint(ROOT);
  if (
    isFresh(
      MARK,
      digest,
      RESULTS.map((path) => join(DIST, path)),
    )
  ) {
    return false;
  }
  mkdirSync(DIST, { recursive: true });
  await Promise.all([buildExecutable(), buildPackage()]);
  linkPlugins();
  writeFileSync(MARK, digest);
  return true;
}

/**
 * One file with Bun in it. Bytecode halves the start, and splitting keeps each plugin unread until
 * it is asked for; docs/decisions/0001-tools.md has the figures. Nothing of the directory in which
 * a runtime happens to call us may be read, hence no .env and no bunfig.toml.
 */
async function buildExecutable(): Promise<void> {
  await replace("hawser", async (path) => {
    await must([
      process.execPath,
      "build",
      "src/cli/main.ts",
      "--compile",
      "--minify",
      "--bytecode",
      "--format=esm",
      "--splitting",
      "--no-compile-autoload-dotenv",
      "--no-compile-autoload-bunfig",
      `--outfile=${path}`,
    ]);
  });
}

async function buildPackage(): Promise<void> {
  await replace("npm", async (path) => {
    await must([join(ROOT, "node_modules/.bin/tsc"), "-p", "tsconfig.npm.json", "--outDir", path]);
  });
}

/** Plugins are found by name, so each is a link; relative, so that dist can be moved and copied. */
function linkPlugins(): void {
  mkdirSync(join(DIST, "cni"), { recursive: true });
  for (const name of ENTRIES) {
    const link = join(DIST, "cni", name);
    rmSync(`${link}.new`, { force: true });
    symlinkSync("../hawser", `${link}.new`);
    renameSync(`${link}.new`, link);
  }
}

/** Makes a file or directory aside and puts it in place whole: a running plugin keeps its own. */
async function replace(name: string, make: (path: string) => Promise<void>): Promise<void> {
  const made = join(DIST, `.${name}-${process.pid}`);
  const target = join(DIST, name);
  try {
    await make(made);
    if (name === "npm") {
      rmSync(target, { recursive: true, force: true });
    }
    renameSync(made, target);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

async function must(argv: readonly string[]): Promise<void> {
  const result = await run(argv, { cwd: ROOT, timeoutSeconds: STEP_SECONDS });
  if (result.exitCode !== 0) {
    throw new BuildFailure(`${basename(argv[0] ?? "")} ${argv[1]} failed:\n${result.output}`);
  }
}
