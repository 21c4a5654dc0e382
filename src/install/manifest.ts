import { readFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import * as v from "valibot";
import { defined, errnoName } from "../base/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import { type Content, type Found, isSame } from "./content.ts";
import { ioError } from "./errors.ts";
import { MANIFEST_NAME } from "./names.ts";

/** What an installed file is for; the order in which they are put. */
export const ROLES = ["executable", "plugin", "command", "unit", "network"] as const;
export type Role = (typeof ROLES)[number];

/** The package managers that install Hawser. */
export const PACKAGE_KINDS = ["deb", "rpm"] as const;
export type PackageKind = (typeof PACKAGE_KINDS)[number];

/** One file that is Hawser's. */
export interface InstalledFile {
  readonly path: string;
  readonly role: Role;
  readonly content: Content;
  /** Another program's file of this name was put aside. */
  readonly aside: boolean;
}

/**
 * What stands installed. While an installation is under way, `files` is what it will be and
 * `before` what it was, so that after a crash each file is known, whether old or new.
 */
export interface Manifest {
  /** The version of Hawser. */
  readonly hawser: string;
  /** The format of what that version keeps of attachments; see downgrade.ts. */
  readonly state: number;
  /** Where a package manager has installed it. */
  readonly package?: PackageKind;
  readonly files: readonly InstalledFile[];
  readonly before?: readonly InstalledFile[];
}

const FORMAT = 1;
const OCTAL = 8;

/** The part that a list of any later format has as well. */
const laterSchema = v.object({
  format: v.pipe(v.number(), v.integer(), v.gtValue(FORMAT)),
  hawser: v.string(),
});

const contentSchema = v.union([
  v.object({
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    mode: v.pipe(v.string(), v.regex(/^[0-7]{3,4}$/)),
  }),
  v.object({ link: v.pipe(v.string(), v.minLength(1)) }),
]);
// A name in the plugin directory, or a whole path elsewhere: nothing that climbs out of it.
const pathSchema = v.pipe(
  v.string(),
  v.check((path) => (isAbsolute(path) ? resolve(path) === path : /^(?!\.{1,2}$)[^/]+$/.test(path))),
);
const fileSchema = v.intersect([
  v.object({
    path: pathSchema,
    role: v.picklist(ROLES),
    aside: v.optional(v.boolean(), false),
  }),
  contentSchema,
]);
const manifestSchema = v.object({
  format: v.literal(FORMAT),
  hawser: v.string(),
  state: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  package: v.optional(v.picklist(PACKAGE_KINDS)),
  files: v.array(fileSchema),
  before: v.optional(v.array(fileSchema)),
});

/**
 * The manifest of a plugin directory; undefined when Hawser was not installed there.
 * @throws CniError of code 5 when it cannot be read, or is none
 */
export function readManifest(binDir: string): Manifest | undefined {
  const path = join(binDir, MANIFEST_NAME);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoName(error))) return undefined;
    throw ioError(`read ${path}`, error);
  }
  return decodeManifest(binDir, text);
}

/** Paths in the plugin directory are kept as names, so that it may be mounted elsewhere. */
export function encodeManifest(binDir: string, manifest: Manifest): string {
  const { hawser, state, package: kind, files, before } = manifest;
  const list = (all: readonly InstalledFile[]): unknown[] =>
    all.map((file) => encodeFile(binDir, file));
  const value = {
    format: FORMAT,
    hawser,
    state,
    ...(kind === undefined ? {} : { package: kind }),
    files: list(files),
    ...(before === undefined ? {} : { before: list(before) }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The opposite of `encodeManifest`. */
export function decodeManifest(binDir: string, text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = v.safeParse(manifestSchema, value);
  if (!parsed.success) {
    const path = join(binDir, MANIFEST_NAME);
    const later = v.safeParse(laterSchema, value);
    if (later.success) {
      throw new CniError(
        ErrorCode.IO_FAILURE,
        `${path} was written by Hawser ${later.output.hawser}, which is newer`,
        { details: "nothing was done; its own `uninstall` takes it away" },
      );
    }
    throw new CniError(ErrorCode.IO_FAILURE, `${path} is no list of installed files`, {
      details: "remove it, and what it lists counts as somebody else's",
    });
  }
  const { hawser, state, package: kind, files, before } = parsed.output;
  const list = (all: typeof files): InstalledFile[] => all.map((file) => decodeFile(binDir, file));
  return {
    hawser,
    state,
    ...defined({ package: kind }),
    files: list(files),
    ...(before && { before: list(before) }),
  };
}

/** All that the manifest knows of a path, newest first. */
export function recordsOf(manifest: Manifest | undefined, path: string): InstalledFile[] {
  const all = [...(manifest?.files ?? []), ...(manifest?.before ?? [])];
  return all.filter((file) => file.path === path);
}

/** Whether what stands at the path was put there by Hawser. */
export function isOurs(manifest: Manifest | undefined, path: string, found: Found): boolean {
  return recordsOf(manifest, path).some(({ content }) => isSame(content, found));
}

function encodeFile(binDir: string, file: InstalledFile): unknown {
  const { path, role, content, aside } = file;
  const name = relative(binDir, path);
  return {
    path: name.includes("/") ? path : name,
    role,
    ...(content.kind === "file"
      ? { sha256: content.sha256, mode: content.mode.toString(OCTAL) }
      : { link: content.target }),
    ...(aside ? { aside } : {}),
  };
}

function decodeFile(binDir: string, file: v.InferOutput<typeof fileSchema>): InstalledFile {
  const content: Content =
    "link" in file
      ? { kind: "link", target: file.link }
      : { kind: "file", sha256: file.sha256, mode: Number.parseInt(file.mode, OCTAL) };
  return { path: resolve(binDir, file.path), role: file.role, content, aside: file.aside };
}
