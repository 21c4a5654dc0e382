import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";
import { buildEntries } from "./entry.ts";
import { fingerprint, isFresh, releaseCommit } from "./fingerprint.ts";
import { archiveOf, buildPage } from "./page.ts";
import { startAnywhere } from "./start.ts";

/** Makes dist: the executable, the plugin directory of links to it, the page, and what npm publishes. */

const DIST = join(ROOT, "dist");
const MARK = join(DIST, ".fingerprint");
const PAGE_ARCHIVE = join(DIST, ".archive/page.bin");
const ENTRIES = [...PLUGIN_NAMES, "cnitool"];
const RESULTS = [
  ...["hawser", "npm/index.js", "page/index.html"],
  ...ENTRIES.map((name) => `cni/${name}`),
  ...PLUGIN_NAMES.map((name) => `entry/${name}`),
];
const STEP_SECONDS = 120;
const EXECUTABLE = 0o755;
/** How many times later than usual code is compiled: in a process of 15 ms it does not pay at all. */
const JIT_RELUCTANCE = 20;
const SCRATCH = ".build-";
const SWAPS_MAX = 5;

/** A tool did not accept the sources; the message is what it said. */
export class BuildFailure extends Error {}

/**
 * Returns false when there was nothing to do.
 * @throws BuildFailure when a tool fails
 */
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
  removeLeftovers();
  await Promise.all([buildEntryPrograms(), buildPageFiles()]);
  await Promise.all([buildExecutable(), buildPackage()]);
  linkPlugins();
  writeFileSync(MARK, digest);
  return true;
}

/**
 * One file with Bun in it. Bytecode more than halves the start, splitting keeps each plugin unread
 * until it is asked for, and source maps, which cost a tenth of a millisecond, name file and line in
 * the report of a fault; docs/decisions/0001-tools.md has the figures. Nothing of the directory in
 * which a runtime happens to call us may be read, hence no .env and no bunfig.toml.
 */
async function buildExecutable(): Promise<void> {
  await inPlace("hawser", "hawser", async (scratch) => {
    putPageArchive(scratch);
    await must([
      process.execPath,
      "build",
      "src/cli/main.ts",
      "src/cli/worker.ts",
      // The thread of the daemon lies beside the program, whatever else is built in.
      "--root=src/cli",
      PAGE_ARCHIVE,
      // A file beside the code, which costs a start nothing: Bun.embeddedFiles finds it.
      ...["--loader", ".bin:file", "--asset-naming=[name].[ext]"],
      "--compile",
      "--minify",
      "--bytecode",
      "--format=esm",
      "--splitting",
      "--sourcemap=linked",
      `--compile-jit-policy=${JIT_RELUCTANCE}`,
      "--no-compile-autoload-dotenv",
      "--no-compile-autoload-bunfig",
      ...["--define", `ENTRY_PROGRAM=${JSON.stringify(entryProgram())}`],
      ...["--define", `RELEASE_COMMIT=${JSON.stringify(releaseCommit())}`],
      `--outfile=${join(scratch, "compiled")}`,
    ]);
    rewrite(join(scratch, "compiled"), join(scratch, "hawser"));
  });
}

/**
 * The executable holds the path of each of its files, relative to the repository. So that two builds
 * are the same, the archive has one place, whatever process makes it.
 */
function putPageArchive(scratch: string): void {
  const aside = join(scratch, "page.bin");
  writeFileSync(aside, archiveOf(join(DIST, "page")));
  mkdirSync(dirname(PAGE_ARCHIVE), { recursive: true });
  renameSync(aside, PAGE_ARCHIVE);
}

/** What `hawser install` puts under each plugin's name, in base64; "" without a C compiler. */
function entryProgram(): string {
  const path = join(DIST, "entry", PLUGIN_NAMES[0] ?? "");
  return lstatSync(path).isFile() ? readFileSync(path, "base64") : "";
}

/**
 * Writes a program anew in one piece: the kernel keeps a file in memory in blocks as large as the
 * writes were, and those of the compiler are small. docs/decisions/0009-one-piece.md has the figures.
 */
function rewrite(from: string, to: string): void {
  const program = readFileSync(from);
  startAnywhere(program);
  writeFileSync(to, program, { mode: EXECUTABLE });
}

async function buildPackage(): Promise<void> {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  await inPlace("npm", "", async (scratch) => {
    await must([tsc, "-p", "tsconfig.npm.json", "--outDir", scratch]);
  });
}

async function buildPageFiles(): Promise<void> {
  await inPlace("page", "", async (scratch) => {
    try {
      await buildPage({ root: ROOT, scratch });
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      throw new BuildFailure(`the page:\n${error.errors.map(String).join("\n")}`);
    }
  });
}

async function buildEntryPrograms(): Promise<void> {
  await inPlace("entry", "entry", async (scratch) => {
    if (await buildEntries({ root: ROOT, scratch, must })) return;
    console.log("no C compiler (cc): dist/entry leads to the full executable, without a daemon");
  });
}

/** Plugins are found by name, so each is a link; relative, so that dist can be moved and copied. */
function linkPlugins(): void {
  mkdirSync(join(DIST, "cni"), { recursive: true });
  for (const name of ENTRIES) {
    const link = join(DIST, "cni", name);
    const aside = join(DIST, `${SCRATCH}${process.pid}-${name}`);
    symlinkSync("../hawser", aside);
    renameSync(aside, link);
  }
}

/**
 * Makes something in a directory aside, and puts `made` of it, or the whole, in its place: a process that
 * runs or reads the old one meanwhile keeps it.
 */
async function inPlace(
  name: string,
  made: string,
  make: (scratch: string) => Promise<void>,
): Promise<void> {
  const scratch = join(DIST, `${SCRATCH}${process.pid}-${name}`);
  mkdirSync(scratch);
  try {
    await make(scratch);
    swap(join(scratch, made), join(DIST, name), `${scratch}-old`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    rmSync(`${scratch}-old`, { recursive: true, force: true });
  }
}

/** A directory cannot be renamed over another, and a second build may be at it as well. */
function swap(made: string, target: string, old: string): void {
  for (let attempt = 0; attempt < SWAPS_MAX; attempt += 1) {
    try {
      if (statSync(made).isDirectory() && existsSync(target)) renameSync(target, old);
      renameSync(made, target);
      return;
    } catch {
      rmSync(old, { recursive: true, force: true });
    }
  }
  throw new BuildFailure(`${target} is changed by another build all the time`);
}

/** A build that was killed leaves its directories behind. */
function removeLeftovers(): void {
  for (const name of readdirSync(DIST).filter((each) => each.startsWith(SCRATCH))) {
    const pid = name.slice(SCRATCH.length).split("-")[0];
    if (!existsSync(`/proc/${pid}`)) rmSync(join(DIST, name), { recursive: true, force: true });
  }
}

async function must(argv: readonly string[]): Promise<void> {
  const result = await run(argv, { cwd: ROOT, timeoutSeconds: STEP_SECONDS });
  if (result.exitCode !== 0) {
    throw new BuildFailure(`${basename(argv[0] ?? "")} ${argv[1]} failed:\n${result.output}`);
  }
}
