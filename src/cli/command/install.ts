/** The commands that put Hawser on a node and take it away: install, uninstall. */
import { resolve } from "node:path";
import { createColors } from "picocolors";
import { DEFAULT_PLUGIN_DIR, defined } from "../../base/index.ts";
import {
  type ClientReport,
  embeddedEntryProgram,
  type FileReport,
  type InstallReport,
  type InstallRequest,
  install,
  type Memories,
  packageDirOf,
  planned,
  readConflist,
  STATE_FORMAT,
  uninstall,
  verify,
  whatClientsTake,
} from "../../install/index.ts";
import { PLUGINS } from "../../plugins/registry/index.ts";
import { CniError, type JsonObject, printJson } from "../../spec/index.ts";
import { stateDirectory } from "../../state/owner/index.ts";
import { usualCacheDirs } from "../../view/sources/index.ts";
import { ConfigError, failureJson, tellFailure } from "../failure.ts";
import { type CliIo, ExitCode } from "../io.ts";
import type { ManualSource } from "../manual/index.ts";
import { row } from "../report.ts";
import { confDir, UsageError } from "../request.ts";
import { VERSION } from "../version.ts";
import { clientJson, tellClients } from "./clients.ts";
import { extrasOf } from "./extras.ts";

/** The options of `install`. */
export interface InstallOptions {
  readonly binDir?: string;
  readonly confDir?: string;
  readonly conflist?: string;
  readonly systemd?: boolean;
  readonly unitDir?: string;
  readonly prefix?: string;
  readonly commands?: boolean;
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly json?: boolean;
}

/** The options of `uninstall`. */
export interface UninstallOptions {
  readonly binDir?: string;
  readonly cacheDir?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const UNIT_DIR = "/etc/systemd/system";

/** `hawser install` */
export async function runInstall(
  io: CliIo,
  options: InstallOptions,
  manual: ManualSource,
): Promise<number> {
  return await answering(io, options.json === true, async () => {
    const { binDir, plugins } = placeOf(io, options);
    if (options.verify === true) return await runVerify(io, options, binDir, plugins);
    if (options.unitDir !== undefined && options.systemd !== true) {
      throw new UsageError("--unit-dir says where --systemd puts its units: say that too");
    }
    const conflist = requireConflist(io, options);
    const { commands, note } = await extrasOf(io, binDir, options, manual);
    const request: InstallRequest = {
      program: io.program,
      version: VERSION,
      state: { format: STATE_FORMAT, ...memoriesOf(io, undefined) },
      plugins,
      ...defined({ entry: embeddedEntryProgram() }),
      binDir,
      confDir: confDir(io, options),
      replace: options.replace === true,
      ...defined({ commands }),
      ...(conflist !== undefined && { conflist }),
      ...(options.systemd === true && { unitDir: resolve(io.cwd, options.unitDir ?? UNIT_DIR) }),
    };
    const dryRun = options.dryRun === true;
    const report = dryRun ? planned(request) : install(request, io.signal);
    const units = report.files.some(({ role, fate }) => role === "unit" && fate !== "unchanged");
    const notes = [
      ...report.notes,
      ...(note === undefined ? [] : [note]),
      ...(units && !dryRun
        ? ["tell systemd: systemctl daemon-reload && systemctl enable --now hawser.service"]
        : []),
    ];
    const clients = whatClientsTake(plugins, binDir);
    const done = `Hawser ${VERSION} is installed in ${binDir}`;
    tell(io, options, { ...report, notes }, done, { clients, binDir });
    return ExitCode.DONE;
  });
}

/** `hawser uninstall` */
export async function runUninstall(io: CliIo, options: UninstallOptions): Promise<number> {
  return await answering(io, options.json === true, async () => {
    const { binDir } = placeOf(io, options);
    const report = uninstall({
      binDir,
      ...memoriesOf(io, options.cacheDir),
      force: options.force === true,
      dryRun: options.dryRun === true,
    });
    const units = report.files.some(({ role, fate }) => role === "unit" && fate === "removed");
    const notes = [
      ...report.notes,
      ...(units && options.dryRun !== true
        ? ["tell systemd: systemctl disable --now hawser.socket hawser.service"]
        : []),
    ];
    tell(io, options, { ...report, notes }, `Hawser is not installed in ${binDir} any more`);
    return ExitCode.DONE;
  });
}

/** Where attachments are remembered. */
function memoriesOf(io: CliIo, cacheDir: string | undefined): Memories {
  return {
    cacheDirs: cacheDir === undefined ? usualCacheDirs() : [resolve(io.cwd, cacheDir)],
    stateDir: stateDirectory(io.env),
  };
}

async function runVerify(
  io: CliIo,
  { json = false }: InstallOptions,
  binDir: string,
  plugins: readonly string[],
): Promise<number> {
  const entry = defined({ entry: embeddedEntryProgram() });
  const request = { binDir, program: io.program, plugins, ...entry, env: io.env };
  const { version, files, problems, notes } = await verify(request, io.signal);
  const code = problems.length === 0 ? ExitCode.DONE : ExitCode.FAILED;
  const clients = whatClientsTake(plugins, undefined);
  if (json) {
    const list = problems.map(({ path, problem }) => ({ path, problem }));
    const answer = { operation: "VERIFY", binDir, version, files, problems: list, notes };
    printAnswer(io, { ...answer, clients: clients.map(clientJson) });
    return code;
  }
  const colors = createColors(io.stdout.color);
  for (const { path, problem } of problems) {
    io.stdout.write(`${colors.red("problem:")} ${path}: ${problem}\n`);
  }
  tellNotes(io, notes);
  tellClients(io, clients, binDir);
  if (problems.length === 0) {
    io.stdout.write(`Hawser ${version} in ${binDir} is as installed: ${files.length} files\n`);
  }
  return code;
}

/** Judged before anything else, so that a wrong one gets the exit code of wrong configurations. */
function requireConflist(io: CliIo, { conflist }: InstallOptions): string | undefined {
  if (conflist === undefined) return undefined;
  const path = resolve(io.cwd, conflist);
  try {
    readConflist(path);
  } catch (error) {
    throw new ConfigError(CniError.from(error));
  }
  return path;
}

/** An executable of a package speaks of that, unless a directory is named. */
function placeOf(
  io: CliIo,
  { binDir }: { readonly binDir?: string },
): { binDir: string; plugins: readonly string[] } {
  const dir = binDir ?? packageDirOf(io.program) ?? DEFAULT_PLUGIN_DIR;
  return { binDir: resolve(io.cwd, dir), plugins: [...PLUGINS.keys()].sort() };
}

async function answering(io: CliIo, json: boolean, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (json && !(error instanceof UsageError)) printAnswer(io, { error: failureJson(error) });
    return tellFailure(io, error, json);
  }
}

interface How {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

interface Node {
  readonly clients: readonly ClientReport[];
  readonly binDir: string;
}

function tell(
  io: CliIo,
  how: How,
  { files, notes }: InstallReport,
  done: string,
  node?: Node,
): void {
  const dryRun = how.dryRun === true;
  if (how.json === true) {
    const list = files.map(({ path, role, fate }): JsonObject => ({ path, role, fate }));
    const clients = node === undefined ? {} : { clients: node.clients.map(clientJson) };
    printAnswer(io, { dryRun, files: list, notes: [...notes], ...clients });
    return;
  }
  io.stdout.write(fateLines(files, io.stdout.color));
  tellNotes(io, notes);
  if (node !== undefined) tellClients(io, node.clients, node.binDir);
  io.stdout.write(dryRun ? "nothing was touched\n" : `${done}\n`);
}

/** A line for each file. */
function fateLines(files: readonly FileReport[], color: boolean): string {
  const colors = createColors(color);
  return files.map(({ path, fate }) => `${row(fate, path, colors)}\n`).join("");
}

function tellNotes(io: CliIo, notes: readonly string[]): void {
  const colors = createColors(io.stdout.color);
  for (const note of notes) io.stdout.write(`${colors.yellow("note:")} ${note}\n`);
}

function printAnswer(io: CliIo, answer: object): void {
  io.stdout.write(`${printJson({ ...answer }, 2)}\n`);
}
