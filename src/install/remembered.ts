import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoName } from "../base/index.ts";
import { leadsTo, livingNamespaces, type NetnsIdentity } from "../kernel/netns/index.ts";
import { type CachedFile, networkFromText } from "../runtime/index.ts";
import {
  allOf,
  cacheFiles,
  journalFiles,
  netnsNotes,
  ownMasquerades,
  type Problem,
  refuse,
} from "../view/sources/index.ts";
import { typesOf } from "./conflist.ts";

/** Where attachments are remembered. */
export interface Memories {
  /** Directories of libcni's caches. */
  readonly cacheDirs: readonly string[];
  /** The directory of the daemon's journal and of the plugins' owner records. */
  readonly stateDir: string;
}

/** An attachment that is remembered somewhere. */
export interface Remembered {
  /** As container ID and interface name; the name of a file that does not say them. */
  readonly name: string;
  /** The directory that remembers it. */
  readonly dir: string;
  /** The plugins that its DEL runs; undefined where that may be any plugin. */
  readonly types: readonly string[] | undefined;
}

/**
 * Every attachment that is remembered, whether it is known to live or not. Left out are those that
 * are proved to be gone: of an earlier boot, or of a namespace that is no more.
 */
export function rememberedAttachments({ cacheDirs, stateDir }: Memories): Remembered[] {
  return cacheFiles(cacheDirs, refuseUnread).flatMap(cached).concat(notedIn(stateDir));
}

/** A cache file of libcni of any age, and one that cannot be understood: it was an attachment once. */
function cached({ path, attachment }: CachedFile): Remembered[] {
  if (attachment?.earlierBoot === true) return [];
  if (attachment !== undefined && isAbsent(attachment.netns)) return [];
  const { containerId = "", ifName = "", config } = attachment ?? {};
  const name = containerId === "" ? basename(path) : `${containerId}:${ifName}`;
  return [{ name, dir: dirname(path), types: typesIn(config) }];
}

/** What was read and cannot be understood counts; what cannot be read might be any attachment. */
function refuseUnread(problem: Problem): void {
  if (problem.error !== undefined) refuse(problem);
}

/** Plugins that call plugins which their configuration does not name. */
const DELEGATING = ["flannel", "multus", "multus-shim"];

/** What cannot be read may need any plugin. */
function typesIn(config: string | undefined): string[] | undefined {
  if (config === undefined) return undefined;
  try {
    const types = typesOf(networkFromText(config));
    return types.some((type) => DELEGATING.includes(type)) ? undefined : types;
  } catch {
    return undefined;
  }
}

/** The daemon's journal, and the namespaces that plugins have noted. */
function notedIn(stateDir: string): Remembered[] {
  const journal = journalFiles(stateDir, refuse);
  const calls = allOf(journal)
    .flat()
    .map((entry) => ({ ...entry, dir: journal.directory }));
  const masqueraded = ownMasquerades(stateDir, refuse);
  const noted = netnsNotes(stateDir, refuse);
  const notes = [...noted.names].flatMap((name) => {
    const note = noted.read(name);
    if (note === undefined) return [];
    // No other plugin of that name can detach it, so that none may take the place of ours.
    return [{ ...note, dir: note.directory, plugin: masqueraded.has(name) ? "" : note.plugin }];
  });
  const lives = living();
  return [...calls, ...notes]
    .filter(({ netns }) => netns === undefined || lives(netns))
    .map(({ containerId, ifName, plugin, dir }) => {
      return { name: `${containerId}:${ifName}`, dir, types: plugin === "" ? undefined : [plugin] };
    });
}

/** Asks by the namespaces of all mounts and processes, as the daemon does. */
function living(): (netns: NetnsIdentity) => boolean {
  const all = [...livingNamespaces()];
  return (netns) => all.some(({ ino, path }) => ino === netns.ino && leadsTo(path, netns));
}

function isAbsent(path: string): boolean {
  if (path === "") return false;
  try {
    statSync(path);
    return false;
  } catch (error) {
    return isGone(error);
  }
}

/** No such file, or the process of that number has ended. */
function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ESRCH"].includes(errnoName(error));
}
