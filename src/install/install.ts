import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { configFiles } from "../runtime/index.ts";
import { readConflist, typesOf } from "./conflist.ts";
import { look } from "./content.ts";
import { lockDirectories } from "./lock.ts";
import { encodeManifest, type Manifest, ROLES, readManifest } from "./manifest.ts";
import { asidePath, MANIFEST_NAME, withoutDaemon } from "./names.ts";
import { type FileReport, type InstallPlan, isDone, planInstall } from "./plan.ts";
import { leftovers, makeDirectory, Stage, syncDirectory } from "./stage.ts";
import { takeOut } from "./take-out.ts";
import type { InstallRequest, Wanted } from "./wanted.ts";

/** What was done, or would be. */
export interface InstallReport {
  readonly files: readonly FileReport[];
  /** What an administrator should know. */
  readonly notes: readonly string[];
}

const MANIFEST_MODE = 0o644;

/**
 * Installs Hawser. Everything is written whole under other names first; then each file takes its
 * place by one rename, the executable before the plugins that lead to it, the network's configuration
 * last, since a runtime begins to use a node when it finds one. Killed at any moment, each file is
 * either the old one or the new one, and the next call does the rest.
 * @throws CniError of code 5 (files), 6 or 7 (configuration), 11 (another installation is at work, or what a
 * newer version keeps of attachments cannot be read)
 */
export function install(request: InstallRequest, signal?: AbortSignal): InstallReport {
  const early = planInstall(request);
  for (const dir of directoriesOf(request)) makeDirectory(dir);
  using _lock = lockDirectories(directoriesOf(request));
  for (const path of directoriesOf(request).flatMap(leftovers)) rmSync(path, { force: true });
  // Another installation may have ended between the first look and the lock.
  const plan = isSameManifest(request, early.before) ? early : planInstall(request);
  if (isDone(plan, request)) return reportOf(request, plan, []);
  using stage = new Stage();
  const ready = stageAll(stage, request, plan, signal);
  return reportOf(request, plan, commit(stage, request, plan, ready));
}

function isSameManifest({ binDir }: InstallRequest, seen: Manifest | undefined): boolean {
  const now = readManifest(binDir);
  if (now === undefined || seen === undefined) return now === seen;
  return encodeManifest(binDir, now) === encodeManifest(binDir, seen);
}

/** What `install` would do. Touches nothing. */
export function planned(request: InstallRequest): InstallReport {
  const plan = planInstall(request);
  const obsolete = plan.obsolete.map((file) =>
    takeOut(file, withBefore(manifestOf(request, plan), plan), true),
  );
  return reportOf(
    request,
    plan,
    obsolete.filter((one) => one !== undefined),
  );
}

/** The directories that an installation changes. */
function directoriesOf(request: InstallRequest): string[] {
  const { binDir, confDir, conflist, unitDir, commands } = request;
  const texts = Object.keys(commands?.texts ?? {});
  return [
    binDir,
    ...(commands === undefined
      ? []
      : ["bin/-", ...texts].map((path) => dirname(join(commands.prefix, path)))),
    ...(unitDir === undefined ? [] : [unitDir]),
    ...(conflist === undefined ? [] : [confDir]),
  ];
}

interface Ready {
  /** What to rename in each role's turn. */
  readonly puts: readonly { readonly wanted: Wanted; readonly scratch: string }[];
  readonly asides: readonly { readonly path: string; readonly scratch: string }[];
  readonly intent: string;
  readonly manifest: string;
}

function stageAll(
  stage: Stage,
  request: InstallRequest,
  plan: InstallPlan,
  signal: AbortSignal | undefined,
): Ready {
  const changed = plan.steps.filter(({ fate }) => ["new", "updated", "replaced"].includes(fate));
  const puts = changed.map(({ wanted }) => {
    signal?.throwIfAborted();
    return { wanted, scratch: stageFile(stage, wanted) };
  });
  const replaced = changed.filter(({ fate }) => fate === "replaced");
  const asides = replaced.map(({ wanted }) => {
    const path = asidePath(wanted.path);
    return { path, scratch: stage.keep(wanted.path, path) };
  });
  const manifest = manifestOf(request, plan);
  const place = join(request.binDir, MANIFEST_NAME);
  const text = (of: Manifest): string =>
    stage.bytes(encode(encodeManifest(request.binDir, of)), place, MANIFEST_MODE);
  return { puts, asides, intent: text(withBefore(manifest, plan)), manifest: text(manifest) };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function stageFile(stage: Stage, { path, content, source }: Wanted): string {
  if (content.kind === "link") return stage.link(content.target, path);
  if (source === undefined) throw new Error(`no source for ${path}`);
  if ("bytes" in source) return stage.bytes(source.bytes, path, content.mode);
  return stage.copy(source.file, path, content.sha256, content.mode);
}

/** Renames only; whatever stops it, what stands there is known by the manifest written first. */
function commit(
  stage: Stage,
  request: InstallRequest,
  plan: InstallPlan,
  ready: Ready,
): FileReport[] {
  const { binDir } = request;
  const place = join(binDir, MANIFEST_NAME);
  stage.put(ready.intent, place);
  syncDirectory(binDir);
  for (const { path, scratch } of ready.asides) stage.put(scratch, path);
  for (const dir of new Set(ready.asides.map(({ path }) => dirname(path)))) syncDirectory(dir);
  for (const role of ROLES) {
    const puts = ready.puts.filter(({ wanted }) => wanted.role === role);
    for (const { wanted, scratch } of puts) stage.put(scratch, wanted.path);
    for (const dir of new Set(puts.map(({ wanted }) => dirname(wanted.path)))) syncDirectory(dir);
  }
  const manifest = manifestOf(request, plan);
  const removed = plan.obsolete.map((file) => takeOut(file, withBefore(manifest, plan), false));
  stage.put(ready.manifest, place);
  syncDirectory(binDir);
  return removed.filter((one) => one !== undefined);
}

function manifestOf({ version, state }: InstallRequest, { files }: InstallPlan): Manifest {
  return { hawser: version, state: state.format, files };
}

function withBefore(manifest: Manifest, { before }: InstallPlan): Manifest {
  return { ...manifest, before: [...(before?.files ?? []), ...(before?.before ?? [])] };
}

function reportOf(
  request: InstallRequest,
  plan: InstallPlan,
  removed: readonly FileReport[],
): InstallReport {
  const files = plan.steps.map(({ wanted: { path, role }, fate }) => ({ path, role, fate }));
  const all = [...files, ...removed];
  const hasLinks = plan.steps.some(({ wanted, fate }) => {
    return wanted.role === "plugin" && wanted.content.kind === "link" && fate !== "kept";
  });
  return { files: all, notes: notesOf(request, all, hasLinks) };
}

function notesOf(
  request: InstallRequest,
  files: readonly FileReport[],
  hasLinks: boolean,
): string[] {
  const kept = files.filter(({ fate }) => fate === "kept").map(({ path }) => path);
  const notes: string[] = [];
  if (kept.length > 0) {
    notes.push(`not Hawser's, and kept: ${kept.join(", ")}; --replace puts such files aside`);
  }
  if (hasLinks) {
    notes.push(`${withoutDaemon(request.binDir)}: this executable was built without a C compiler`);
  }
  if (request.conflist === undefined) return notes;
  const { network } = readConflist(request.conflist);
  const names = new Set(request.plugins);
  const removed = new Set(files.filter(({ fate }) => fate === "removed").map(({ path }) => path));
  const missing = typesOf(network).filter((type) => {
    const path = join(request.binDir, type);
    return !names.has(type) && (removed.has(path) || look(path).kind === "absent");
  });
  if (missing.length > 0) {
    notes.push(`${network.name} names plugins that ${request.binDir} lacks: ${missing.join(", ")}`);
  }
  const own = files.find(({ role }) => role === "network")?.path;
  const [first] = configFiles(request.confDir, [".conf", ".conflist", ".json"]);
  if (own !== undefined && first !== undefined && first < own) {
    notes.push(`runtimes that take the first network take ${first}`);
  }
  return notes;
}
