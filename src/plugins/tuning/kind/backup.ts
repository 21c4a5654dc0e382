import { dirname } from "node:path";
import type { NetnsIdentity } from "../../../kernel/netns/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import {
  changed,
  type Finding,
  type Kind,
  kindOf,
  made,
  removed,
  restored,
  type Scene,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownerComment, readBootId } from "../../../state/owner/index.ts";
import { DEFAULT_DATA_DIR, parseDataDir } from "../config.ts";
import {
  type BackupContent,
  type Before,
  decodeBackup,
  encodeBackup,
  mergeBefore,
  type Whose,
} from "./content.ts";
import {
  backupPath,
  listBackups,
  lookAtBackup,
  readBackup,
  referencePath,
  removeBackup,
  writeBackup,
} from "./file.ts";
import { changedAttributes, restoreAttributes } from "./link-attributes.ts";
import { changedPeerMtu, restorePeerMtu } from "./peer-mtu.ts";
import { changedSysctls, restoreSysctls } from "./sysctls.ts";
import type { Tuned } from "./tuned.ts";
import { verifyWritableDirectory } from "./writable.ts";

/** Where the backup lies, and what is changed once it is written. */
export interface BackupWanted {
  readonly dataDir: string;
  readonly tuned: readonly Tuned[];
}

/**
 * What there was before an attachment was tuned: one file, written before anything is changed. DEL
 * restores what the file has and removes it, whatever the configuration says by then.
 */
export const backup: Kind<BackupWanted> = kindOf({
  name: "backup",

  describe: ({ owner }, { dataDir }) => `${backupPath(dataDir, owner)} keeps what is there before`,

  compare({ owner }, { dataDir }) {
    const isThere = lookAtBackup(backupPath(dataDir, owner)) !== undefined;
    return isThere ? changed("an earlier tuning of this attachment has written it") : made();
  },

  /** What an earlier tuning of the same list noted came first, and stays. */
  apply({ namespaces, owner }, { dataDir, tuned }, rollback) {
    const now = beforeOf(tuned);
    const whose = whoseOf(owner, namespaces);
    const path = backupPath(dataDir, owner);
    const text = readBackup(path);
    const earlier = text === undefined ? undefined : decodeBackup(text);
    const isHere = earlier?.whose !== undefined && isSameNamespace(earlier.whose, whose);
    rollback.defer(() => (text === undefined ? removeBackup(path) : writeBackup(path, text)));
    writeBackup(path, encodeBackup(isHere ? mergeBefore(earlier, now) : now, whose));
  },

  ready: (_scene, { dataDir }) => verifyWritableDirectory(dataDir),

  /** What cannot be restored is logged, and no reason to fail. */
  undo({ ctx, owner, namespaces }) {
    const path = backupPath(parseDataDir(ctx), owner);
    const found = find(path, owner, readBackup, (text) => ctx.log(`tuning: ${text}`));
    if (found?.content !== undefined && isRestorable(found.content, owner, namespaces)) {
      const { attributes, peerMtu, sysctls } = found.content;
      const failures = [
        ...restoreAttributes(namespaces, owner.ifName, attributes),
        ...restorePeerMtu(namespaces, owner.ifName, peerMtu),
        ...restoreSysctls(namespaces, sysctls),
      ];
      for (const failure of failures) ctx.log(`tuning: ${failure}`);
    }
    // Also what an ADD that was killed has left half written.
    removeBackup(path);
    if (found !== undefined && found.path !== path) removeBackup(found.path);
  },

  found: foundBackup,

  /**
   * The namespaces of attachments that are not valid are gone or another container's, so nothing is
   * restored. A backup of the reference plugin does not say which network it is of, and stays.
   */
  collect({ ctx }, { isStale }) {
    for (const path of listBackups(parseDataDir(ctx))) {
      const whose = decodeBackup(readBackup(path) ?? "")?.whose;
      if (whose !== undefined && isStale(ownerComment(whose))) removeBackup(path);
    }
  },

  stale({ ctx }, { isStale }) {
    const paths = listBackups(parseDataDir(ctx)).filter((path) => {
      const whose = decodeBackup(lookAtBackup(path) ?? "")?.whose;
      return whose !== undefined && isStale(ownerComment(whose));
    });
    return paths.map((path) => removed(`file ${path}`));
  },
});

/** What `undo` would restore, as far as it is not so already, and the file. */
function foundBackup({ ctx, owner, namespaces }: Scene): readonly Finding[] {
  const own = find(backupPath(parseDataDir(ctx), owner), owner, lookAtBackup);
  if (own === undefined) return [];
  const file = removed(`file ${own.path}`);
  if (own.content === undefined || !isRestorable(own.content, owner, namespaces)) return [file];
  const { attributes, peerMtu, sysctls } = own.content;
  const texts = [
    ...changedAttributes(namespaces, owner.ifName, attributes),
    ...changedPeerMtu(namespaces, owner.ifName, peerMtu),
    ...changedSysctls(namespaces, sysctls),
  ];
  return [...texts.map(restored), file];
}

function beforeOf(tuned: readonly Tuned[]): Before {
  let before: Before = { attributes: {}, sysctls: [] };
  for (const piece of tuned) before = { ...before, ...piece.before() };
  return before;
}

interface Found {
  readonly path: string;
  /** Undefined for what is no backup. */
  readonly content: BackupContent | undefined;
}

/**
 * The configuration may have changed since ADD, so our own backup is looked for in the default
 * directory, too. Where the reference plugin's name may be another attachment's as well, the content
 * decides.
 */
function find(
  path: string,
  owner: Attachment,
  read: (path: string) => string | undefined,
  log: (text: string) => void = () => undefined,
): Found | undefined {
  const text = read(path);
  if (text !== undefined) {
    const content = decodeBackup(text);
    if (content === undefined) log(`${path} is no backup and is removed`);
    return { path, content };
  }
  const theirs = referencePath(dirname(path), owner);
  const candidates = [theirs, backupPath(DEFAULT_DATA_DIR, owner)];
  for (const candidate of candidates) {
    if (candidate === undefined || candidate === path) continue;
    const content = decodeBackup(read(candidate) ?? "");
    const whose = content?.whose;
    const isOwn = whose !== undefined && ownerComment(whose) === ownerComment(owner);
    const isUnsigned = candidate === theirs && content !== undefined && whose === undefined;
    if (isOwn || isUnsigned) return { path: candidate, content };
  }
  return undefined;
}

/** The reference plugin does not note whose values they are. */
function isRestorable(
  { whose }: BackupContent,
  owner: Attachment,
  namespaces: Namespaces,
): boolean {
  if (namespaces.netns === undefined) return false;
  return whose === undefined || isSameNamespace(whose, whoseOf(owner, namespaces));
}

function whoseOf(owner: Attachment, { netns }: Namespaces): Whose {
  return { ...owner, netns: netns === undefined ? "" : numberOf(netns), boot: readBootId() };
}

/** The number of the file, which the kernel gives again, only where there is no cookie. */
function numberOf({ cookie, dev, ino }: NetnsIdentity): string {
  return cookie === undefined ? `${dev}:${ino}` : String(cookie);
}

/** The numbers that identify a namespace come again after a boot. */
function isSameNamespace(one: Whose, other: Whose): boolean {
  return one.netns === other.netns && one.boot === other.boot;
}
