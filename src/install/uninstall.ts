import { accessSync, constants, existsSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CniError, ErrorCode } from "../spec/index.ts";
import { attempt } from "./errors.ts";
import type { InstallReport } from "./install.ts";
import { lockDirectories } from "./lock.ts";
import { type InstalledFile, type Manifest, ROLES, type Role, readManifest } from "./manifest.ts";
import { asidePath, MANIFEST_NAME } from "./names.ts";
import { requireNoPackage } from "./package.ts";
import { type Memories, type Remembered, rememberedAttachments } from "./remembered.ts";
import { leftovers, syncDirectory } from "./stage.ts";
import { takeOut } from "./take-out.ts";

/** What shall be removed. */
export interface UninstallRequest extends Memories {
  readonly binDir: string;
  /** Removes the plugins although containers need them to be detached. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** First what makes runtimes use the plugins, last what the plugins need. */
const ORDER: readonly Role[] = [...ROLES].reverse();

/**
 * Removes what `install` has put, and lets come back what that had replaced. Killed at any moment,
 * what is left works, and the next call does the rest: the manifest goes last.
 * @throws CniError of code 11 while containers are attached that could not be detached any more
 */
export function uninstall(request: UninstallRequest): InstallReport {
  const { binDir, dryRun } = request;
  const seen = readManifest(binDir);
  requireNoPackage(seen, binDir);
  if (seen === undefined) return { files: [], notes: [`Hawser is not installed in ${binDir}`] };
  using _own = lockDirectories([binDir]);
  const manifest = readManifest(binDir);
  if (manifest === undefined) return { files: [], notes: [] };
  const all = recordsOnce(manifest);
  const others = directoriesOf(all).filter((dir) => dir !== binDir);
  using _others = lockDirectories(others);
  if (!dryRun) for (const dir of [binDir, ...others]) requireWritable(dir);
  const attached = attachments(request, all);
  if (attached.length > 0 && !request.force && !dryRun) throw stillAttached(attached);
  const files = ORDER.flatMap((role) => {
    const ofRole = all.filter((file) => file.role === role);
    const taken = ofRole.flatMap((file) => takeOut(file, manifest, dryRun) ?? []);
    if (!dryRun) for (const dir of directoriesOf(ofRole)) syncDirectory(dir);
    return taken;
  });
  const notes = [
    ...notesOf(files.filter(({ fate }) => fate === "kept").map(({ path }) => path)),
    ...(attached.length === 0 ? [] : [attachedText(attached)]),
  ];
  if (!dryRun) {
    for (const path of [...others, binDir].flatMap(leftovers)) rmSync(path, { force: true });
    attempt("remove the manifest", () => rmSync(join(binDir, MANIFEST_NAME)));
    syncDirectory(binDir);
  }
  return { files, notes };
}

/** Checked first: half an installation, left by a read-only disk, is of no use. */
function requireWritable(dir: string): void {
  attempt(`remove files from ${dir}`, () => accessSync(dir, constants.W_OK));
}

/** Each path once, also those of an installation that did not get to its end. */
function recordsOnce({ files, before = [] }: Manifest): InstalledFile[] {
  const paths = new Map<string, InstalledFile>();
  for (const file of [...before, ...files]) {
    const aside = file.aside || paths.get(file.path)?.aside === true;
    paths.set(file.path, { ...file, aside });
  }
  return [...paths.values()];
}

function directoriesOf(files: readonly InstalledFile[]): string[] {
  const dirs = new Set(files.map(({ path }) => dirname(path)));
  return [...dirs].filter((dir) => existsSync(dir));
}

/** What is remembered as attached by plugins that will not be there any more. */
function attachments(request: UninstallRequest, files: readonly InstalledFile[]): Remembered[] {
  const going = new Set(
    files
      .filter(({ path, role, aside }) => {
        return role === "plugin" && !(aside && existsSync(asidePath(path)));
      })
      .map(({ path }) => basename(path)),
  );
  const all = rememberedAttachments(request);
  const attached = all.filter(({ types }) => types?.some((type) => going.has(type)) ?? true);
  // One attachment is remembered by its runtime, the daemon and the plugin.
  return [...new Map(attached.map((one) => [one.name, one])).values()];
}

function stillAttached(attached: readonly Remembered[]): CniError {
  return new CniError(ErrorCode.TRY_AGAIN_LATER, `nothing was done: ${attachedText(attached)}`, {
    details: "remove these containers first, or say --force",
  });
}

const NAMED_MAX = 5;

function attachedText(attached: readonly Remembered[]): string {
  const names = attached.slice(0, NAMED_MAX).map(({ name }) => name);
  const more = attached.length > NAMED_MAX ? ` and ${attached.length - NAMED_MAX} more` : "";
  const dirs = [...new Set(attached.map(({ dir }) => dir))].join(", ");
  const list = `${names.join(", ")}${more} (remembered in ${dirs})`;
  return `containers are attached that only these plugins can detach: ${list}`;
}

function notesOf(kept: readonly string[]): string[] {
  if (kept.length === 0) return [];
  const asides = kept.map(asidePath).filter((path) => existsSync(path));
  return [
    `changed since by somebody else, and kept: ${kept.join(", ")}`,
    ...(asides.length === 0 ? [] : [`what they had replaced is left in ${asides.join(", ")}`]),
  ];
}
