/** Files in, findings out: nothing is printed, changed or loaded. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { Diagnostic } from "./diagnostic.ts";
import { FILES_MAX, judgeDirectory } from "./directory.ts";
import { judgeFile } from "./file.ts";
import { judgeAcross } from "./network/across.ts";
import { type ClientChoice, choicesOf } from "./network/clients.ts";
import type { JudgedFile } from "./network/network.ts";
import { type HostNetwork, judgeHost } from "./node/host.ts";
import { judgeKernel, type KernelFacts } from "./node/kernel.ts";
import { judgePrograms, type Programs } from "./node/programs.ts";

/** What files are judged against, beside themselves. */
export interface JudgeOptions {
  /** Executables that the networks need; without it none is looked for. */
  readonly programs?: Programs;
  /** The kernel that is to run them; without it any will do. */
  readonly kernel?: KernelFacts;
  /** The networks of the machine; without them subnets are free. */
  readonly host?: readonly HostNetwork[];
}

/** What runtimes take from one directory. */
export interface DirectoryChoices {
  readonly dir: string;
  readonly choices: readonly ClientChoice[];
}

/** All that was found. */
export interface Report {
  /** The files that were judged, those too that no runtime reads. */
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** For each directory that was judged as one. */
  readonly directories: readonly DirectoryChoices[];
  /** Whether there was more than one run looks at. */
  readonly isCut: boolean;
}

/**
 * Judges files and directories. Those of one directory are judged together as well: names, bridges
 * and subnets that they have in common.
 */
export async function judge(paths: readonly string[], options: JudgeOptions = {}): Promise<Report> {
  const groups = new Map<string, JudgedFile[]>();
  const dirs: string[] = [];
  const seen = new Set<string>();
  const added: JudgedFile[] = [];
  for (const path of paths) {
    const isDir = isDirectory(path);
    const { files: judged, dropIns } = isDir
      ? await judgeDirectory(path)
      : { files: [await judgeFile(path)], dropIns: [] };
    added.push(...dropIns);
    const dir = isDir ? path : dirname(path);
    if (isDir) dirs.push(dir);
    const fresh = judged.filter(({ file }) => !seen.has(file));
    for (const { file } of fresh) seen.add(file);
    groups.set(dir, [...(groups.get(dir) ?? []), ...fresh]);
    if (seen.size >= FILES_MAX) break;
  }
  for (const group of groups.values()) judgeAcross(group);
  const files = [...[...groups.values()].flat(), ...added];
  await judgeMachine(files, options);
  return {
    files: files.map(({ file }) => file),
    diagnostics: files.flatMap(({ findings }) => findings.list()),
    directories: dirs.map((dir) => ({ dir, choices: choicesOf(groups.get(dir) ?? []) })),
    isCut: seen.size >= FILES_MAX,
  };
}

async function judgeMachine(
  files: readonly JudgedFile[],
  { programs, kernel, host }: JudgeOptions,
): Promise<void> {
  if (host !== undefined) judgeHost(files, host);
  if (kernel !== undefined) judgeKernel(files, kernel);
  if (programs !== undefined) await judgePrograms(files, programs);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
