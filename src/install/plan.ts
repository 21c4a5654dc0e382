import { CniError, ErrorCode } from "../spec/index.ts";
import { isEqual, isSame, look } from "./content.ts";
import { refuseOlder } from "./downgrade.ts";
import { attempt } from "./errors.ts";
import {
  type InstalledFile,
  isOurs,
  type Manifest,
  type Role,
  readManifest,
  recordsOf,
} from "./manifest.ts";
import { requireNoPackage } from "./package.ts";
import { type InstallRequest, type Wanted, wantedFiles } from "./wanted.ts";

/** What becomes of a file. */
export type Fate =
  /** Nothing stood there. */
  | "new"
  /** Another version of Hawser's stood there. */
  | "updated"
  | "unchanged"
  /** A file of another program stood there, and is put aside. */
  | "replaced"
  /** A file of another program stands there, and stays. */
  | "kept"
  /** Hawser's stood there, and is removed. */
  | "removed"
  /** Hawser's stood there, and what it had replaced is back. */
  | "restored";

/** One file and what becomes of it. */
export interface FileReport {
  readonly path: string;
  readonly role: Role;
  readonly fate: Fate;
}

/** What an installation will do. */
export interface InstallPlan {
  readonly before: Manifest | undefined;
  readonly steps: readonly { readonly wanted: Wanted; readonly fate: Fate }[];
  /** What an earlier version has installed, and this one has not. */
  readonly obsolete: readonly InstalledFile[];
  /** What the manifest will list. */
  readonly files: readonly InstalledFile[];
}

/**
 * Compares what is wanted with what stands there; touches nothing.
 * @throws CniError when a file that is needed belongs to another program, and for a version that cannot read
 * what the installed one keeps of attachments
 */
export function planInstall(request: InstallRequest): InstallPlan {
  const before = readManifest(request.binDir);
  requireNoPackage(before, request.binDir);
  refuseOlder(request, before);
  const steps = wantedFiles(request, before).map((wanted) => {
    return { wanted, fate: fateOf(wanted, before, request.replace) };
  });
  const foreign = steps.filter(({ wanted, fate }) => fate === "kept" && !mayBeKept(wanted.role));
  if (foreign.length > 0) {
    const paths = foreign.map(({ wanted }) => wanted.path).join(", ");
    throw new CniError(ErrorCode.IO_FAILURE, `not put there by Hawser: ${paths}`, {
      details: "nothing was done; --replace puts it aside until Hawser is uninstalled",
    });
  }
  const wantedPaths = new Set(steps.map(({ wanted }) => wanted.path));
  const others = (before?.files ?? []).filter(({ path }) => !wantedPaths.has(path));
  // Commands, units and networks that this call does not speak of stay as they are; programs are one whole.
  const isProgram = ({ role }: InstalledFile): boolean =>
    role === "plugin" || role === "executable";
  const files = steps.flatMap(({ wanted, fate }) => recordOf(wanted, fate, before));
  return {
    before,
    steps,
    obsolete: others.filter(isProgram),
    files: [...files, ...others.filter((file) => !isProgram(file))],
  };
}

/** A node works without them; without the others it does not do what was asked for. */
function mayBeKept(role: Role): boolean {
  return role === "plugin" || role === "command";
}

/** Whether everything is as it is wanted already. */
export function isDone(
  { before, steps, obsolete, files }: InstallPlan,
  { version, state }: InstallRequest,
): boolean {
  return (
    before?.before === undefined &&
    before?.hawser === version &&
    before.state === state.format &&
    obsolete.length === 0 &&
    before.files.length === files.length &&
    steps.every(({ fate }) => fate === "unchanged" || fate === "kept") &&
    files.every((file) =>
      before.files.some((old) => {
        return old.path === file.path && isEqual(old.content, file.content);
      }),
    )
  );
}

function fateOf({ path, content }: Wanted, before: Manifest | undefined, replace: boolean): Fate {
  const found = attempt(`read ${path}`, () => look(path));
  if (found.kind === "absent") return "new";
  if (found.kind === "other") {
    throw new CniError(ErrorCode.IO_FAILURE, `${path} is no file; nothing was done`);
  }
  if (isSame(found, content)) return isEqual(found, content) ? "unchanged" : "updated";
  if (isOurs(before, path, found)) return "updated";
  return replace ? "replaced" : "kept";
}

/** A file that is kept is none of ours, unless ours has one put aside that must not be forgotten. */
function recordOf(
  { path, role, content }: Wanted,
  fate: Fate,
  before: Manifest | undefined,
): InstalledFile[] {
  const aside = fate === "replaced" || recordsOf(before, path).some((file) => file.aside);
  if (fate === "kept" && !aside) return [];
  return [{ path, role, content, aside }];
}
