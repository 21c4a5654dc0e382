import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { PACKAGE_DIR } from "../../src/base/index.ts";
import { commandTexts } from "../../src/cli/index.ts";
import {
  EXECUTABLE_NAME,
  type InstalledFile,
  type PackageKind,
  packageManifest,
  unitTexts,
} from "../../src/install/index.ts";
import { thirdPartyText } from "../release/third-party.ts";
import { ROOT } from "../test/files.ts";
import { debianChangelog, packageVersion } from "./about.ts";

/** What is in a package: the same files in both kinds, but for a few places. */

/** One file, as it will lie on a node. */
export interface PackedFile {
  readonly path: string;
  readonly mode: number;
  readonly content: { readonly bytes: Uint8Array } | { readonly link: string };
}

/** Something that a package needs is not there, or its tool refused. */
export class PackageFailure extends Error {}

/** @throws PackageFailure when the program that makes a kind of package is not there */
export function requireMaker(name: string): void {
  if (Bun.which(name) === null) throw new PackageFailure(`${name} is missing`);
}

const PROGRAM_MODE = 0o755;
const TEXT_MODE = 0o644;
const COMMAND_DIR = "/usr/bin";
const UNIT_DIR = "/usr/lib/systemd/system";
const UNITS = join(ROOT, "packaging/systemd");
/** Best compression; the header has no time. */
const GZIP = { level: 9 };

/** Debian keeps this licence in one place for all packages. */
const DEBIAN_HEAD = `Copyright: the authors of Hawser
License: Apache-2.0, whose text (the file LICENSE) is in /usr/share/common-licenses/Apache-2.0

`;

/** Where the distribution's clients look for plugins first. */
export const CLIENT_DIR: Readonly<Record<PackageKind, string>> = {
  deb: "/usr/lib/cni",
  rpm: "/usr/libexec/cni",
};

/** Where Debian's zsh looks. */
const ZSH = { "share/zsh/site-functions/": "share/zsh/vendor-completions/" };

export interface ContentOrder {
  readonly kind: PackageKind;
  /** When it was made, for the changelog that Debian's programs read. */
  readonly epochSeconds: number;
  /** What `npm run build` makes. */
  readonly dist: string;
  readonly version: string;
}

/** The names of the plugins that a build has. */
export function pluginsOf(dist: string): string[] {
  const dir = join(dist, "entry");
  const names = readdirSync(dir).sort();
  const [first = ""] = names;
  if (first === "" || !lstatSync(join(dir, first)).isFile()) {
    throw new PackageFailure(`${dir} has no entry programs: a build with a C compiler makes them`);
  }
  return names;
}

/** Every file of a package, by its path. */
export async function contentOf(order: ContentOrder): Promise<PackedFile[]> {
  const { kind, dist, version } = order;
  const names = pluginsOf(dist);
  const programs = [
    program(EXECUTABLE_NAME, join(dist, EXECUTABLE_NAME)),
    ...names.map((name) => program(name, join(dist, "entry", name))),
  ];
  const commands = ["hawser", "cnitool"].map((name): PackedFile => {
    const link = relative(COMMAND_DIR, join(PACKAGE_DIR, EXECUTABLE_NAME));
    return { path: join(COMMAND_DIR, name), mode: PROGRAM_MODE, content: { link } };
  });
  const units = unitFiles();
  const listed = [
    ...programs.map((file, at) => recordOf(file, at === 0 ? "executable" : "plugin")),
    ...names.map((name): InstalledFile => {
      const content = { kind: "link", target: `${PACKAGE_DIR}/${name}` } as const;
      return { path: `${CLIENT_DIR[kind]}/${name}`, role: "plugin", content, aside: false };
    }),
    ...commands.map((file) => recordOf(file, "command")),
    ...units.map((file) => recordOf(file, "unit")),
  ];
  const manifest = packageManifest({ kind, version, files: listed });
  const files = [
    ...[...programs, ...commands, ...units, text(manifest.path, manifest.text)],
    ...(await commandFiles(kind)),
    ...(await documents(order)),
  ];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function program(name: string, from: string): PackedFile {
  return {
    path: `${PACKAGE_DIR}/${name}`,
    mode: PROGRAM_MODE,
    content: { bytes: readFileSync(from) },
  };
}

function text(path: string, of: string): PackedFile {
  return { path, mode: TEXT_MODE, content: { bytes: new TextEncoder().encode(of) } };
}

function packed(path: string, of: string): PackedFile {
  return { path: `${path}.gz`, mode: TEXT_MODE, content: { bytes: gzipSync(of, GZIP) } };
}

/** The daemon's units, and those of the DHCP daemon, for the package's directory. */
function unitFiles(): PackedFile[] {
  const own = Object.entries(unitTexts(PACKAGE_DIR));
  const dhcp = ["hawser-dhcp.service", "hawser-dhcp.socket"].map((name): [string, string] => {
    const unit = readFileSync(join(UNITS, name), "utf8");
    return [name, unit.replaceAll("/opt/cni/bin", PACKAGE_DIR)];
  });
  return [...own, ...dhcp].map(([name, unit]) => text(join(UNIT_DIR, name), unit));
}

async function commandFiles(kind: PackageKind): Promise<PackedFile[]> {
  return Object.entries(await commandTexts()).map(([path, of]) => {
    const moved =
      kind === "deb"
        ? Object.entries(ZSH).reduce((at, [from, to]) => at.replace(from, to), path)
        : path;
    return moved.startsWith("share/man/") ? packed(`/usr/${moved}`, of) : text(`/usr/${moved}`, of);
  });
}

async function documents({ kind, version, epochSeconds }: ContentOrder): Promise<PackedFile[]> {
  const changes = packed(
    "/usr/share/doc/hawser/CHANGELOG.md",
    readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"),
  );
  const notices = await thirdPartyText();
  if (kind === "deb") {
    const dir = "/usr/share/doc/hawser";
    return [
      text(`${dir}/copyright`, `${DEBIAN_HEAD}${notices}`),
      changes,
      packed(`${dir}/changelog`, debianChangelog(packageVersion(version), epochSeconds)),
    ];
  }
  const dir = "/usr/share/licenses/hawser";
  return [
    text(`${dir}/LICENSE`, readFileSync(join(ROOT, "LICENSE"), "utf8")),
    text(`${dir}/THIRD-PARTY.txt`, notices),
    changes,
  ];
}

/** How the package's manifest lists a file. */
function recordOf({ path, mode, content }: PackedFile, role: InstalledFile["role"]): InstalledFile {
  if ("link" in content) {
    return { path, role, content: { kind: "link", target: content.link }, aside: false };
  }
  const sha256 = createHash("sha256").update(content.bytes).digest("hex");
  return { path, role, content: { kind: "file", sha256, mode }, aside: false };
}
