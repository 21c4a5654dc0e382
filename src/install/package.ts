import { dirname, join } from "node:path";
import { PACKAGE_DIR } from "../base/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import {
  encodeManifest,
  type InstalledFile,
  type Manifest,
  type PackageKind,
  readManifest,
} from "./manifest.ts";
import { MANIFEST_NAME } from "./names.ts";
import { STATE_FORMAT } from "./state-format.ts";

/** What the package of a package manager has installed: it is looked at here, and changed by that alone. */

const COMMANDS: Readonly<Record<PackageKind, { verify: string; remove: string }>> = {
  deb: { verify: "dpkg --verify hawser", remove: "apt remove hawser" },
  rpm: { verify: "rpm --verify hawser", remove: "dnf remove hawser" },
};

/** What a package brings with it, so that its installation is known as any other. */
export interface PackageContent {
  readonly kind: PackageKind;
  /** The version of Hawser. */
  readonly version: string;
  readonly files: readonly InstalledFile[];
}

/** The package's manifest by its path. Its own paths are whole, since plugin directories link to it. */
export function packageManifest({ kind, version, files }: PackageContent): {
  path: string;
  text: string;
} {
  const manifest = { hawser: version, state: STATE_FORMAT, package: kind, files };
  const text = encodeManifest("/", manifest);
  return { path: join(PACKAGE_DIR, MANIFEST_NAME), text };
}

/** The directory of an executable that a package has installed; undefined for any other. */
export function packageDirOf(program: string): string | undefined {
  const dir = dirname(program);
  return readManifest(dir)?.package === undefined ? undefined : dir;
}

/** What is said of an installation that is a package's. */
export function packageNotes({ package: kind }: Manifest): string[] {
  if (kind === undefined) return [];
  return [`of the package hawser (${kind}); \`${COMMANDS[kind].verify}\` looks at all its files`];
}

/** @throws CniError when a directory is a package's */
export function requireNoPackage(manifest: Manifest | undefined, binDir: string): void {
  const kind = manifest?.package;
  if (kind === undefined) return;
  throw new CniError(
    ErrorCode.IO_FAILURE,
    `Hawser in ${binDir} is of the package hawser (${kind}), which the package manager looks after`,
    {
      details: `nothing was done; \`${COMMANDS[kind].remove}\` removes it; --bin-dir names another`,
    },
  );
}
