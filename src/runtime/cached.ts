import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoName, errorText } from "../base/index.ts";
import { bootId } from "../locks/index.ts";
import type { Attachment, JsonObject } from "../spec/index.ts";
import { type CacheEntry, parseEntryAmong } from "./cache/index.ts";
import { withRegularFile } from "./files.ts";

/** What is known of an attachment from its ADD. */
export interface CachedAttachment extends Attachment {
  /** Path of the namespace; empty when the ADD had none. */
  readonly netns: string;
  /** `CNI_ARGS`. */
  readonly args: readonly (readonly [string, string])[];
  /** Values of capabilities by name, also of those no plugin declared. */
  readonly capabilityArgs: JsonObject;
  /** The network's configuration at the time, JSON; drop-in plugins included. */
  readonly config?: string;
  /** The result of the ADD, in the version that it had then; absent while it is not finished. */
  readonly result?: JsonObject;
  /** When the ADD began, ISO 8601; unknown for what libcni wrote. */
  readonly createdAt?: string;
  /** False while the ADD is under way, and for one that was killed. */
  readonly finished: boolean;
  /** True when the machine has booted since, so that nothing of it can be left in the kernel. */
  readonly earlierBoot: boolean;
}

/** A file of a cache directory. */
export interface CachedFile {
  readonly path: string;
  /** The cache directory, as it was named. */
  readonly cacheDir: string;
  /** When it was written, in milliseconds since 1970, as far as is known when it is asked for; else 0. */
  readonly writtenAt: number;
  /** Absent when the file cannot be read or understood. Old files name no attachment: "" then. */
  readonly attachment?: CachedAttachment;
  /** Why it cannot be read or understood. */
  readonly problem?: string;
}

/**
 * What was read of cache directories, for a caller that looks at them again and again: a file that is as it
 * was is not read anew. It holds what the latest look has found, and no more. Made by `new Map()`.
 */
export type CacheMemory = Map<string, ReadonlyMap<string, RememberedFile>>;

/** A file that nothing has changed for a while before it was read. */
export interface RememberedFile {
  /** Device, inode, size, and times of the last changes. */
  readonly state: string;
  readonly file: CachedFile;
}

/** The largest file that is looked into, in bytes. */
const LOOKED_AT_MAX = 4 * 1024 * 1024;

/**
 * What a cache directory remembers, file by file in the order of their names, whichever runtime with
 * libcni's layout wrote it. Looks only: what cannot be understood stays where it is. A directory that
 * is not there is empty.
 * @param memory what an earlier call has filled, and this one may use and fills anew
 * @throws the system's error when the directory cannot be read
 *
 * @example
 * ```ts
 * import { cachedFiles, loadNetwork, Runtime } from "hawser/runtime";
 *
 * const cacheDir = "/var/lib/cni";
 * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir });
 * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
 * await runtime.add(config, { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" });
 *
 * const [file] = cachedFiles(cacheDir);
 * file?.path; // → "/var/lib/cni/results/hellonet-web-1-eth0"
 * file?.attachment?.containerId; // → "web-1"
 * ```
 */
export function* cachedFiles(cacheDir: string, memory?: CacheMemory): Generator<CachedFile, void> {
  const dir = join(cacheDir, "results");
  const boot = bootId();
  const before = memory?.get(cacheDir);
  const remembered = new Map<string, RememberedFile>();
  for (const name of namesIn(dir)) {
    const path = `${dir}/${name}`;
    const state = memory === undefined ? undefined : stateOf(path);
    const known = before?.get(name);
    const isSame = known !== undefined && known.state === state;
    const file = isSame ? known.file : look(path, cacheDir, boot);
    if (file === undefined) continue;
    if (state !== undefined) remembered.set(name, { state, file });
    yield file;
  }
  memory?.set(cacheDir, remembered);
}

/** Within that time a file system may give two changes the same time. */
const YOUNG_MS = 2000;

/** Undefined for a file that may have been changed just now, and for one that is not there. */
function stateOf(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
    if (!(Date.now() - ctimeMs > YOUNG_MS)) return undefined;
    return [dev, ino, size, mtimeMs, ctimeMs].join(" ");
  } catch {
    return undefined;
  }
}

/** Undefined when it has gone meanwhile. */
function look(path: string, cacheDir: string, boot: string): CachedFile | undefined {
  const file = new FoundFile(path, cacheDir);
  try {
    const decoded = withRegularFile(path, LOOKED_AT_MAX, (bytes) =>
      parseEntryAmong(bytes, NO_ATTACHMENT),
    );
    if (decoded.state === "broken") file.problem = decoded.why;
    else file.attachment = describe(decoded.entry, boot);
  } catch (error) {
    if (errnoName(error) === "ENOENT") return undefined;
    file.problem = errorText(error);
  }
  return file;
}

/** Of thousands of files few are asked for their time, which is a call to the system. */
class FoundFile implements CachedFile {
  readonly path: string;
  readonly cacheDir: string;
  attachment?: CachedAttachment;
  problem?: string;

  constructor(path: string, cacheDir: string) {
    this.path = path;
    this.cacheDir = cacheDir;
  }

  get writtenAt(): number {
    try {
      return statSync(this.path).mtimeMs;
    } catch {
      return 0;
    }
  }
}

/** Stands for the attachment when a file is read without looking for a particular one. */
const NO_ATTACHMENT: Attachment = { network: "", containerId: "", ifName: "" };

/** An entry as callers of the runtime see it. */
export function describe(entry: CacheEntry, boot: string): CachedAttachment {
  const { attachment, config, result, bootId: earlier, createdAt } = entry;
  const described: { -readonly [K in keyof CachedAttachment]: CachedAttachment[K] } = {
    network: attachment.network,
    containerId: attachment.containerId,
    ifName: attachment.ifName,
    netns: entry.netns,
    args: entry.args,
    capabilityArgs: entry.capabilityArgs,
    finished: result !== undefined,
    earlierBoot: earlier !== undefined && earlier !== boot,
  };
  if (config !== undefined) described.config = config;
  if (result !== undefined) described.result = result;
  if (createdAt !== undefined) described.createdAt = createdAt;
  return described;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoName(error))) return [];
    throw error;
  }
}
