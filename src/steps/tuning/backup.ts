import { link } from "../../kernel/route/index.ts";
import type { Attachment } from "../../spec/index.ts";
import type { Sides } from "../sides/index.ts";
import type { Revert, Step } from "../step.ts";
import {
  type BackupContent,
  decodeBackup,
  encodeBackup,
  type Notes,
  type OriginalSysctl,
  type Originals,
} from "./content.ts";
import { backupPath, readBackup, removeBackup, writeBackup } from "./file.ts";

/** Whose backup it is, and where. */
export interface BackupPlace {
  readonly sides: Sides;
  readonly owner: Attachment;
  /** Directory of backups, shared with the reference plugin. */
  readonly dataDir: string;
  /** Told what is wrong with a backup on DEL. */
  readonly log: (text: string) => void;
}

/**
 * What the attachment's namespace had before it was tuned, in one file: written before anything is
 * changed, and removed after everything is as it was. The steps of what is tuned stand behind it
 * and note here what they are going to change.
 */
export class BackupStep implements Step {
  readonly name = "backup";
  readonly #place: BackupPlace;
  readonly #path: string;
  #originals: Originals = {};
  #notes: Notes | undefined;

  constructor(place: BackupPlace) {
    this.#place = place;
    this.#path = backupPath(place.dataDir, place.owner);
  }

  describe(): string {
    return `${this.#path} keeps what is there before`;
  }

  /** A second tuning of one chain adds to what the first one noted, which came first. */
  apply(): Revert {
    const { sides, owner } = this.#place;
    const index = link.get(sides.container, { name: owner.ifName })?.index ?? 0;
    this.#notes = { ...owner, netns: identityOf(sides), index, sysctls: [] };
    const text = readBackup(this.#path);
    const earlier = text === undefined ? undefined : decodeBackup(text);
    if (earlier?.notes?.netns === this.#notes.netns && earlier.notes.index === index) {
      this.#originals = earlier.originals;
      this.#notes = { ...this.#notes, sysctls: earlier.notes.sysctls };
    }
    return () => {
      if (text === undefined) removeBackup(this.#path);
      else writeBackup(this.#path, text);
    };
  }

  check(): void {}

  undo(): void {
    removeBackup(this.#path);
  }

  /** Keeps the attributes, unless there are earlier ones. */
  noteAttributes(originals: Originals): void {
    this.#originals = { ...originals, ...this.#originals };
    this.#save();
  }

  /** Keeps the values, of each sysctl the first. */
  noteSysctls(originals: readonly OriginalSysctl[]): void {
    if (this.#notes === undefined) throw new Error("a backup is begun before it is written");
    const all = new Map(this.#notes.sysctls);
    for (const [path, value] of originals) if (!all.has(path)) all.set(path, value);
    this.#notes = { ...this.#notes, sysctls: [...all] };
    this.#save();
  }

  /** What DEL has to restore; undefined where nothing is to be restored, or nowhere. */
  restorable(): BackupContent | undefined {
    const { sides, log } = this.#place;
    const text = readBackup(this.#path);
    if (text === undefined || sides.netns === undefined) return undefined;
    const content = decodeBackup(text);
    if (content === undefined) log(`tuning: ${this.#path} is no backup and is removed`);
    // Another namespace's values are not this one's. The reference plugin does not note whose.
    const netns = content?.notes?.netns;
    return netns === undefined || netns === identityOf(sides) ? content : undefined;
  }

  #save(): void {
    writeBackup(this.#path, encodeBackup({ originals: this.#originals, notes: this.#notes }));
  }
}

/** Identifies the container's namespace while it lives. */
function identityOf({ netns }: Sides): string {
  return netns === undefined ? "" : `${netns.dev}:${netns.ino}`;
}
