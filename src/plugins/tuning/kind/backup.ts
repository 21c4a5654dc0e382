import type { Attachment } from "../../../spec/index.ts";
import type { Revert } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { readBootId } from "../../../state/owner/index.ts";
import {
  type BackupContent,
  type Before,
  decodeBackup,
  encodeBackup,
  type OriginalSysctl,
  type Whose,
} from "./content.ts";
import { backupPath, readBackup, removeBackup, writeBackup } from "./file.ts";

/** Whose backup it is, and where. */
export interface BackupPlace {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  /** Directory of backups, shared with the reference plugin. */
  readonly dataDir: string;
  /** Where our own backup is looked for, too: the configuration may have changed since ADD. */
  readonly formerDir: string;
  /** Told what is wrong with a backup on DEL. */
  readonly log: (text: string) => void;
}

interface Found {
  readonly path: string;
  /** Undefined for what is no backup. */
  readonly content: BackupContent | undefined;
}

/** What an attachment's namespace had before it was tuned: one file, shared by the steps. */
export class Backup {
  readonly path: string;
  readonly #place: BackupPlace;
  #now: Before = { attributes: {}, sysctls: [] };
  #found: Found | "nothing" | undefined;

  constructor(place: BackupPlace) {
    this.#place = place;
    this.path = backupPath(place.dataDir, place.owner);
  }

  /** What there was right before this ADD, which goes back to it when it fails. */
  get now(): Before {
    return this.#now;
  }

  /** Writes the file. What an earlier tuning of the same chain noted came first, and stays. */
  keep(now: Before): Revert {
    this.#now = now;
    const whose = this.#whose();
    const text = readBackup(this.path);
    const earlier = text === undefined ? undefined : decodeBackup(text);
    const isHere = earlier?.whose !== undefined && isSamePlace(earlier.whose, whose);
    writeBackup(this.path, encodeBackup(isHere ? merge(earlier, now) : now, whose));
    return () => {
      if (text === undefined) removeBackup(this.path);
      else writeBackup(this.path, text);
    };
  }

  /** What DEL has to restore; undefined where nothing is to be restored, or nowhere. */
  restorable(): Before | undefined {
    const found = this.#find();
    if (this.#place.namespaces.netns === undefined) return undefined;
    // The reference plugin does not note whose values they are.
    const whose = found?.content?.whose;
    return whose === undefined || isSamePlace(whose, this.#whose()) ? found?.content : undefined;
  }

  /** Also what an ADD that was killed has left half written. */
  remove(): void {
    const found = this.#find();
    removeBackup(this.path);
    if (found !== undefined && found.path !== this.path) removeBackup(found.path);
  }

  #find(): Found | undefined {
    this.#found ??= this.#look() ?? "nothing";
    return this.#found === "nothing" ? undefined : this.#found;
  }

  #look(): Found | undefined {
    const { owner, formerDir, log } = this.#place;
    const text = readBackup(this.path);
    if (text !== undefined) {
      const content = decodeBackup(text);
      if (content === undefined) log(`tuning: ${this.path} is no backup and is removed`);
      return { path: this.path, content };
    }
    const path = backupPath(formerDir, owner);
    const content = decodeBackup(readBackup(path) ?? "");
    return content?.whose?.network === owner.network ? { path, content } : undefined;
  }

  #whose(): Whose {
    const { owner, namespaces } = this.#place;
    const netns =
      namespaces.netns === undefined ? "" : `${namespaces.netns.dev}:${namespaces.netns.ino}`;
    return { ...owner, netns, boot: readBootId() };
  }
}

/** The numbers that identify a namespace come again after a boot. */
function isSamePlace(one: Whose, other: Whose): boolean {
  return one.netns === other.netns && one.boot === other.boot;
}

/** Attributes of an interface that was replaced by another one since are nobody's any more. */
function merge(earlier: Before, now: Before): Before {
  const index = now.index ?? earlier.index;
  const isReplaced = earlier.index !== undefined && earlier.index !== index;
  const sysctls = new Map<string, string>(earlier.sysctls);
  const isNew = ([path]: OriginalSysctl): boolean => !sysctls.has(path);
  for (const [path, value] of now.sysctls.filter(isNew)) sysctls.set(path, value);
  return {
    attributes: { ...now.attributes, ...(isReplaced ? {} : earlier.attributes) },
    index,
    sysctls: [...sysctls],
  };
}
