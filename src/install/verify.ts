import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { getVersionInfo, ProcessExecutor } from "../invoke/index.ts";
import { networkFromText } from "../runtime/index.ts";
import { CniError, type PartialEnvironment } from "../spec/index.ts";
import { typesOf } from "./conflist.ts";
import { digestOfFile, type Found, isSame, look } from "./content.ts";
import { type InstalledFile, type Manifest, readManifest } from "./manifest.ts";
import { EXECUTABLE_NAME, SCRATCH_PREFIX, withoutDaemon } from "./names.ts";
import { packageNotes } from "./package.ts";
import { leftovers } from "./stage.ts";

/** What is to be looked at. */
export interface VerifyRequest {
  readonly binDir: string;
  /** The executable that asks; what is installed should be the same. */
  readonly program: string;
  /** The plugins that the asking executable has. */
  readonly plugins: readonly string[];
  /** Its entry program; absent where its build had no C compiler. */
  readonly entry?: Uint8Array;
  /** The environment for the plugins. */
  readonly env: PartialEnvironment;
}

/** What is wrong with a file. */
export interface Problem {
  readonly path: string;
  readonly problem: string;
}

/** What was found; without problems the node is as an installation leaves it. */
export interface VerifyReport {
  readonly version: string;
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

const TIMEOUT_MS = 10_000;
const OCTAL = 8;
const ROOT_UID = 0;
const OTHERS_MAY_WRITE = 0o022;

/** Compares what is installed with the manifest, and the manifest with itself; asks each plugin. */
export async function verify(request: VerifyRequest, signal?: AbortSignal): Promise<VerifyReport> {
  const { binDir } = request;
  const manifest = readManifest(binDir);
  if (manifest === undefined) {
    const problems = [{ path: binDir, problem: "Hawser is not installed here" }];
    return { version: "", files: [], problems, notes: [] };
  }
  const { files } = manifest;
  const broken = files.flatMap(fileProblems);
  const whole = new Set(files.map(({ path }) => path));
  for (const { path } of broken) whole.delete(path);
  const sound = files.filter(({ path }) => whole.has(path));
  const problems = [
    ...unfinishedProblems(binDir, manifest),
    ...broken,
    ...(request.entry === undefined ? [] : linkProblems(request, manifest)),
    ...sound.filter(({ role }) => role === "network").flatMap(networkProblems(binDir)),
  ];
  for (const file of sound.filter(({ role }) => role === "plugin")) {
    problems.push(...(await answerProblems(file, request, signal)));
  }
  return {
    version: manifest.hawser,
    files: files.map(({ path }) => path),
    problems,
    notes: notesOf(request, manifest),
  };
}

/** Links work, but slowly: only entry programs ask the daemon. */
function linkProblems({ binDir }: VerifyRequest, manifest: Manifest): Problem[] {
  if (!hasLinks(manifest)) return [];
  const problem = `${withoutDaemon(binDir)}: run \`hawser install\` again`;
  return [{ path: binDir, problem }];
}

function hasLinks({ files }: Manifest): boolean {
  return files.some(({ role, content }) => {
    return (
      role === "plugin" && content.kind === "link" && basename(content.target) === EXECUTABLE_NAME
    );
  });
}

function unfinishedProblems(binDir: string, { before }: Manifest): Problem[] {
  if (before === undefined) return [];
  const problem = "an installation did not get to its end: run `hawser install` again";
  return [{ path: binDir, problem }];
}

function fileProblems({ path, content }: InstalledFile): Problem[] {
  let found: Found;
  try {
    found = look(path);
  } catch (error) {
    return [{ path, problem: CniError.from(error).message }];
  }
  if (found.kind === "absent") return [{ path, problem: "is missing" }];
  if (!isSame(content, found)) return [{ path, problem: "is not what was installed" }];
  if (found.kind !== "file" || content.kind !== "file") return [];
  const problems: Problem[] = [];
  if (found.mode !== content.mode) {
    const [has, should] = [found.mode, content.mode].map((mode) => mode.toString(OCTAL));
    problems.push({ path, problem: `has mode ${has}, not ${should}` });
  }
  const { uid, mode } = statSync(dirname(path));
  if (uid === ROOT_UID && (mode & OTHERS_MAY_WRITE) !== 0 && (mode & 0o1000) === 0) {
    problems.push({ path, problem: "lies in a directory where others than root may write" });
  }
  return problems;
}

function networkProblems(binDir: string): (file: InstalledFile) => Problem[] {
  return ({ path }) => {
    try {
      const network = networkFromText(readFileSync(path, "utf8"));
      return typesOf(network)
        .filter((type) => look(join(binDir, type)).kind === "absent")
        .map((type) => ({ path, problem: `names the plugin ${type}, which ${binDir} lacks` }));
    } catch (error) {
      return [{ path, problem: CniError.from(error).message }];
    }
  };
}

async function answerProblems(
  { path }: InstalledFile,
  { env }: VerifyRequest,
  signal: AbortSignal | undefined,
): Promise<Problem[]> {
  try {
    await getVersionInfo(new ProcessExecutor(), {
      type: basename(path),
      path,
      env,
      timeoutMs: TIMEOUT_MS,
      ...(signal && { signal }),
    });
    return [];
  } catch (error) {
    return [{ path, problem: `does not answer VERSION: ${CniError.from(error).message}` }];
  }
}

function notesOf(request: VerifyRequest, manifest: Manifest): string[] {
  const { binDir, program, plugins, entry } = request;
  const notes = packageNotes(manifest);
  if (entry === undefined && hasLinks(manifest)) notes.push(withoutDaemon(binDir));
  const executable = manifest.files.find(({ path }) => basename(path) === EXECUTABLE_NAME);
  const own = digestOfFile(program);
  if (executable?.content.kind === "file" && executable.content.sha256 !== own) {
    notes.push(`${executable.path} (${manifest.hawser}) is another executable than ${program}`);
  }
  const listed = new Set(manifest.files.map(({ path }) => path));
  const foreign = plugins
    .map((name) => join(binDir, name))
    .filter((path) => !listed.has(path) && look(path).kind !== "absent");
  if (foreign.length > 0) notes.push(`not Hawser's: ${foreign.join(", ")}`);
  const unfinished = leftovers(binDir);
  if (unfinished.length > 0) {
    notes.push(`${unfinished.length} unfinished files (${SCRATCH_PREFIX}…) are left in ${binDir}`);
  }
  return notes;
}
