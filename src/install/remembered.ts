import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/index.ts";
import { Journal } from "../journal/index.ts";
import { leadsTo, livingNamespaces, type NetnsIdentity } from "../kernel/netns/index.ts";
import { DEFAULT_CACHE_DIR, networkFromText } from "../runtime/index.ts";
import { field, isObject, type JsonObject, parseJson } from "../spec/index.ts";
import { netnsFromJson } from "../state/netns-record/index.ts";
import { OwnerStore, readBootId } from "../state/owner/index.ts";
import { typesOf } from "./conflist.ts";
import { attempt } from "./errors.ts";

/** Where attachments are remembered. */
export interface Memories {
  /** Directories of libcni's caches. */
  readonly cacheDirs: readonly string[];
  /** The directory of the daemon's journal and of the plugins' owner records. */
  readonly stateDir: string;
}

const FILE_MAX = 64 * 1024 * 1024;

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
 * The cache directories of the field: the default of libcni, which containerd, CRI-O, podman, nerdctl
 * and Nomad use, those of multus and cri-dockerd, and those of podman for ordinary users.
 */
export function usualCacheDirs(root: string = "/"): string[] {
  const users = namesIn(join(root, "run/user")).map((uid) => join(root, "run/user", uid));
  const cacheDir = join(root, DEFAULT_CACHE_DIR);
  return [
    ...[cacheDir, join(cacheDir, "multus"), join(cacheDir, "cache")],
    ...users.flatMap((user) =>
      ["libpod/tmp", "containers/networks"].map((dir) =>
        join(user, dir, "rootless-netns", DEFAULT_CACHE_DIR),
      ),
    ),
  ];
}

/**
 * Every attachment that is remembered, whether it is known to live or not. Left out are those that
 * are proved to be gone: of an earlier boot, or of a namespace that is no more.
 */
export function rememberedAttachments({ cacheDirs, stateDir }: Memories): Remembered[] {
  return [...new Set(cacheDirs.map((dir) => join(dir, "results")))]
    .flatMap(cachedIn)
    .concat(notedIn(stateDir));
}

/** A cache file of libcni of any age, and one that cannot be understood: it was an attachment once. */
function cachedIn(dir: string): Remembered[] {
  return namesIn(dir).flatMap((fileName) => {
    const file = readObject(join(dir, fileName));
    if (file === "gone") return [];
    const text = (key: string): string => textOf(file, key);
    const own = file === undefined ? undefined : field(file, "hawser");
    const boot = isObject(own) ? textOf(own, "bootId") : "";
    if (boot !== "" && boot !== readBootId()) return [];
    const netns = text("netns");
    if (netns !== "" && isAbsent(netns)) return [];
    const [containerId, ifName] = [text("containerId"), text("ifName")];
    const name = containerId === "" ? fileName : `${containerId}:${ifName}`;
    return [{ name, dir, types: typesIn(text("config")) }];
  });
}

/** Plugins that call plugins which their configuration does not name. */
const DELEGATING = ["flannel", "multus", "multus-shim"];

/** What cannot be read may need any plugin. */
function typesIn(config: string): string[] | undefined {
  if (config === "") return undefined;
  try {
    const types = typesOf(networkFromText(Buffer.from(config, "base64").toString("utf8")));
    return types.some((type) => DELEGATING.includes(type)) ? undefined : types;
  } catch {
    return undefined;
  }
}

/** The daemon's journal, and the namespaces that plugins have noted. */
function notedIn(stateDir: string): Remembered[] {
  const bootId = readBootId();
  const journal = new Journal(stateDir, bootId);
  const calls = journal
    .names()
    .flatMap((name) => attempt(`read ${journal.directory}/${name}`, () => journal.readFile(name)))
    .map((entry) => ({ ...entry, dir: journal.directory }));
  const store = new OwnerStore({ stateDir, kind: "netns", bootId });
  const records = store
    .all()
    .filter(({ isStale }) => !isStale)
    .map(({ containerId, ifName, data }) => {
      const plugin = isObject(data) ? textOf(data, "by") : "";
      return { containerId, ifName, plugin, netns: netnsFromJson(data), dir: store.directory };
    });
  const lives = living();
  return [...calls, ...records]
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

/** undefined for what is no JSON object. */
function readObject(path: string): JsonObject | undefined | "gone" {
  try {
    const stat = statSync(path);
    const json =
      stat.isFile() && stat.size <= FILE_MAX ? parseJson(readFileSync(path, "utf8")) : undefined;
    return isObject(json) ? json : undefined;
  } catch (error) {
    return isGone(error) ? "gone" : undefined;
  }
}

function isAbsent(path: string): boolean {
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

function namesIn(dir: string): string[] {
  return attempt(`read ${dir}`, () => {
    try {
      return readdirSync(dir).sort();
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  });
}

function textOf(object: JsonObject | undefined, key: string): string {
  const value = object === undefined ? undefined : field(object, key);
  return typeof value === "string" ? value : "";
}
