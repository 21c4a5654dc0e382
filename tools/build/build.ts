import {
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { errorText } from "../../src/base/index.ts";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";
import { type Architecture, HERE, machineOf, type Target, targetOf } from "./architecture.ts";
import { bunFor } from "./bun.ts";
import { buildEntries } from "./entry.ts";
import { fingerprint, isFresh, releaseCommit } from "./fingerprint.ts";
import { BuildFailure, inPlace, removeLeftovers, SCRATCH } from "./in-place.ts";
import { archiveOf, buildPage } from "./page.ts";
import { startAnywhere } from "./start.ts";

/** Makes dist: the executable, the plugin directory of links to it, the page, and what npm publishes. */

const DIST = join(ROOT, "dist");
const PAGE_ARCHIVE = join(DIST, ".archive/page.bin");
const ENTRIES = [...PLUGIN_NAMES, "cnitool"];
const RESULTS = [
  ...["hawser", "page/index.html"],
  ...ENTRIES.map((name) => `cni/${name}`),
  ...PLUGIN_NAMES.map((name) => `entry/${name}`),
];
const PACKAGE = "npm/index.js";
const STEP_SECONDS = 120;
const EXECUTABLE = 0o755;
/** How many times later than usual code is compiled: in a process of 15 ms it does not pay at all. */
const JIT_RELUCTANCE = 20;

/** What is built, and where it goes. */
interface Plan {
  readonly dist: string;
  readonly target: Target;
  /** Whether what npm publishes is made as well: it is the same for every machine. */
  readonly withPackage: boolean;
}

/**
 * Builds dist for this machine. Returns false when there was nothing to do.
 * @throws BuildFailure when a tool fails
 */
export async function build(): Promise<boolean> {
  return await make({ dist: DIST, target: targetOf(HERE), withPackage: true });
}

/** For which machine, and into which directory. */
export interface BuildRequest {
  readonly arch: Architecture;
  readonly out: string;
}

/**
 * Builds the executable, the links to it and the entry programs for a machine, into a directory that is
 * laid out as dist. Returns false when there was nothing to do.
 * @throws BuildFailure when a tool fails, or Bun for that machine cannot be had
 */
export async function buildFor({ arch, out }: BuildRequest): Promise<boolean> {
  return await make({ dist: resolve(out), target: targetOf(arch), withPackage: false });
}

async function make(plan: Plan): Promise<boolean> {
  const { dist, target, withPackage } = plan;
  const digest = await fingerprint(ROOT, target);
  const mark = join(dist, ".fingerprint");
  const results = withPackage ? [...RESULTS, PACKAGE] : RESULTS;
  const paths = results.map((path) => join(dist, path));
  if (isFresh(mark, digest, paths)) return false;
  mkdirSync(dist, { recursive: true });
  removeLeftovers(dist);
  await Promise.all([buildEntryPrograms(plan), buildPageFiles(plan)]);
  await Promise.all([buildExecutable(plan), ...(withPackage ? [buildPackage(plan)] : [])]);
  linkPlugins(plan);
  writeFileSync(mark, digest);
  return true;
}

/**
 * One file with Bun in it. Bytecode more than halves the start, splitting keeps each plugin unread
 * until it is asked for, and source maps, which cost a tenth of a millisecond, name file and line in
 * the report of a fault; docs/decisions/0001-tools.md has the figures. Nothing of the directory in
 * which a runtime happens to call us may be read, hence no .env and no bunfig.toml.
 */
async function buildExecutable({ dist, target }: Plan): Promise<void> {
  const foreign = await foreignBun(target);
  await inPlace({ dist, name: "hawser", made: "hawser" }, async (scratch) => {
    putPageArchive(dist);
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
      ...foreign,
      "--minify",
      "--bytecode",
      "--format=esm",
      "--splitting",
      "--sourcemap=linked",
      `--compile-jit-policy=${JIT_RELUCTANCE}`,
      "--no-compile-autoload-dotenv",
      "--no-compile-autoload-bunfig",
      ...["--define", `ENTRY_PROGRAM=${JSON.stringify(entryProgram(dist))}`],
      ...["--define", `RELEASE_COMMIT=${JSON.stringify(releaseCommit())}`],
      `--outfile=${join(scratch, "compiled")}`,
    ]);
    rewrite(join(scratch, "compiled"), join(scratch, "hawser"), target);
  });
}

/**
 * The executable holds the path of each of its files, relative to the repository. So that two builds
 * are the same, the archive has one place, wherever the build goes and whatever process makes it.
 */
function putPageArchive(dist: string): void {
  mkdirSync(dirname(PAGE_ARCHIVE), { recursive: true });
  const aside = `${PAGE_ARCHIVE}-${process.pid}`;
  writeFileSync(aside, archiveOf(join(dist, "page")));
  renameSync(aside, PAGE_ARCHIVE);
}

/** The bundler's options for another machine; none for this one. */
async function foreignBun(target: Target): Promise<string[]> {
  try {
    const path = await bunFor(target);
    if (path === undefined) return [];
    return [`--target=${target.bunTarget}`, `--compile-executable-path=${path}`];
  } catch (error) {
    throw new BuildFailure(`Bun for ${target.arch} cannot be had: ${errorText(error)}`);
  }
}

/** What `hawser install` puts under each plugin's name, in base64; "" without a C compiler. */
function entryProgram(dist: string): string {
  const path = join(dist, "entry", PLUGIN_NAMES[0] ?? "");
  return lstatSync(path).isFile() ? readFileSync(path, "base64") : "";
}

/**
 * Writes a program anew in one piece: the kernel keeps a file in memory in blocks as large as the
 * writes were, and those of the compiler are small. docs/decisions/0009-one-piece.md has the figures.
 */
function rewrite(from: string, to: string, { arch, machine }: Target): void {
  const program = readFileSync(from);
  if (machineOf(program) !== machine) throw new BuildFailure(`Bun has made no program for ${arch}`);
  startAnywhere(program);
  writeFileSync(to, program, { mode: EXECUTABLE });
}

async function buildPackage({ dist }: Plan): Promise<void> {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  await inPlace({ dist, name: "npm", made: "" }, async (scratch) => {
    await must([tsc, "-p", "tsconfig.npm.json", "--outDir", scratch]);
  });
}

async function buildPageFiles({ dist }: Plan): Promise<void> {
  await inPlace({ dist, name: "page", made: "" }, async (scratch) => {
    try {
      await buildPage({ root: ROOT, scratch });
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      throw new BuildFailure(`the page:\n${error.errors.map(String).join("\n")}`);
    }
  });
}

async function buildEntryPrograms({ dist, target }: Plan): Promise<void> {
  await inPlace({ dist, name: "entry", made: "entry" }, async (scratch) => {
    if (await buildEntries({ root: ROOT, scratch, must, target })) return;
    const names = target.arch === HERE ? "cc" : target.crossCompilers.join(", ");
    const missing = `no C compiler for ${target.arch} (${names}; or ${target.compilerVariable})`;
    console.log(`${missing}: entry leads to the full executable, without a daemon`);
  });
}

/** Plugins are found by name, so each is a link; relative, so that dist can be moved and copied. */
function linkPlugins({ dist }: Plan): void {
  mkdirSync(join(dist, "cni"), { recursive: true });
  for (const name of ENTRIES) {
    const link = join(dist, "cni", name);
    const aside = join(dist, `${SCRATCH}${process.pid}-${name}`);
    symlinkSync("../hawser", aside);
    renameSync(aside, link);
  }
}

async function must(argv: readonly string[]): Promise<void> {
  const result = await run(argv, { cwd: ROOT, timeoutSeconds: STEP_SECONDS });
  if (result.exitCode !== 0) {
    throw new BuildFailure(`${basename(argv[0] ?? "")} ${argv[1]} failed:\n${result.output}`);
  }
}
