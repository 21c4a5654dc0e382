import { defined } from "../../base/index.ts";
import {
  type Attachment,
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  printJson,
} from "../../spec/index.ts";

/** The mark of libcni's cache files. */
export const CACHE_KIND = "cniCacheV1";

/** What is remembered of an attachment between ADD and DEL. */
export interface CacheEntry {
  readonly attachment: Attachment;
  readonly netns: string;
  readonly args: [string, string][];
  /** All capability arguments of the ADD, also those no plugin declared. */
  readonly capabilityArgs: JsonObject;
  /** The network's configuration as it ran, drop-in plugins included; JSON. */
  readonly config?: string;
  /** The final result of the ADD; absent while it is still under way, or was cut short. */
  readonly result?: JsonObject;
  /** The boot in which the ADD ran; absent in files of libcni. */
  readonly bootId?: string;
  /** When the ADD ran, ISO 8601; absent in files of libcni. */
  readonly createdAt?: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What a cache file turned out to be. */
export type Decoded =
  | { readonly state: "entry"; readonly entry: CacheEntry; readonly complete: boolean }
  | { readonly state: "broken"; readonly why: string };

/** Writes a cache file: libcni's keys, which it reads, and one of our own, which it ignores. */
export function printEntry(entry: CacheEntry): string {
  const { attachment, netns, args, capabilityArgs, config, result, bootId, createdAt } = entry;
  const file: JsonObject = {
    kind: CACHE_KIND,
    containerId: attachment.containerId,
    config: config === undefined ? null : Buffer.from(config).toString("base64"),
    ifName: attachment.ifName,
    networkName: attachment.network,
    ...(netns === "" ? {} : { netns }),
    ...(args.length === 0 ? {} : { cniArgs: args }),
    ...(Object.keys(capabilityArgs).length === 0 ? {} : { capabilityArgs }),
    ...defined({ result }),
    hawser: {
      ...defined({ bootId, createdAt }),
    },
  };
  return printJson(file);
}

/**
 * Reads a cache file of ours or of libcni, also the older kind that is but a result; fields of
 * the identity that are missing are taken from `asked`. What was torn by a loss of power (empty,
 * cut off, filled with zeros) is no JSON, and so recognised.
 */
export function parseEntry(text: string, asked: Attachment): Decoded {
  try {
    const file = parseJson(text);
    if (!isObject(file)) throw new Error("it holds no JSON object");
    const kind = file["kind"] ?? field(file, "kind");
    if (kind === CACHE_KIND) return fullEntry(file, asked);
    if (kind !== undefined) throw new Error(`its kind is ${printJson(kind)}`);
    return { state: "entry", entry: bareResult(file, asked), complete: false };
  } catch (error) {
    const why = text === "" ? "it is empty" : (error as Error).message;
    return { state: "broken", why };
  }
}

/** A file that is a result alone has a result's keys; other JSON is not ours. */
function bareResult(file: JsonObject, attachment: Attachment): CacheEntry {
  const keys = ["cniVersion", "interfaces", "ips", "ip4", "ip6", "routes", "dns"];
  if (!keys.some((key) => field(file, key) !== undefined)) throw new Error("it is no result");
  return { attachment, netns: "", args: [], capabilityArgs: {}, result: file };
}

/**
 * A command may read thousands of these before the engine has compiled a line: plain steps alone, and keys
 * by their names, which are found without a search.
 */
function fullEntry(file: JsonObject, asked: Attachment): Decoded {
  const network = string(file, "networkName", file["networkName"]);
  const containerId = string(file, "containerId", file["containerId"]);
  const ifName = string(file, "ifName", file["ifName"]);
  const config = string(file, "config", file["config"]);
  const capabilityArgs = file["capabilityArgs"] ?? field(file, "capabilityArgs") ?? {};
  if (!isObject(capabilityArgs)) throw new Error("capabilityArgs is no object");
  const result = file["result"] ?? field(file, "result") ?? undefined;
  if (result !== undefined && !isObject(result)) throw new Error("result is no object");
  const own = file["hawser"] ?? field(file, "hawser") ?? {};
  if (!isObject(own)) throw new Error("hawser is no object");
  const bootId = string(own, "bootId", own["bootId"]);
  const createdAt = string(own, "createdAt", own["createdAt"]);
  const entry: Writable<CacheEntry> = {
    attachment: {
      network: network || asked.network,
      containerId: containerId || asked.containerId,
      ifName: ifName || asked.ifName,
    },
    netns: string(file, "netns", file["netns"]) ?? "",
    args: pairs(file["cniArgs"] ?? field(file, "cniArgs") ?? []),
    capabilityArgs,
  };
  if (config !== undefined) entry.config = decodedConfig(config);
  if (result !== undefined) entry.result = result;
  if (bootId !== undefined) entry.bootId = bootId;
  if (createdAt !== undefined) entry.createdAt = createdAt;
  return { state: "entry", entry, complete: Boolean(network && containerId && ifName) };
}

/** Hundreds of attachments have the same configuration: the last one is decoded once. */
let latest = { encoded: "", text: "", member: Buffer.alloc(0) };

const BASE64 = /^[\w+/]+=*$/;

function decodedConfig(encoded: string): string {
  if (latest.encoded !== encoded) {
    const member = BASE64.test(encoded) ? Buffer.from(`"config":"${encoded}"`) : Buffer.alloc(0);
    latest = { encoded, text: Buffer.from(encoded, "base64").toString("utf8"), member };
  }
  return latest.text;
}

/**
 * As `parseEntry`, for one of many files: a configuration that is that of the file before, to the byte, is
 * neither made a text nor parsed. It is most of a file.
 */
export function parseEntryAmong(bytes: Buffer, asked: Attachment): Decoded {
  const rest = withoutLatest(bytes);
  const decoded = rest === undefined ? undefined : parseEntry(rest, asked);
  // What is wrong with a file is said of all of it.
  if (decoded?.state !== "entry") return parseEntry(bytes.toString("utf8"), asked);
  const entry: Writable<CacheEntry> = decoded.entry;
  entry.config = latest.text;
  return decoded;
}

const BEGINNING = `{"kind":${JSON.stringify(CACHE_KIND)},`;

/**
 * The text of a file as libcni and Hawser write it, without the latest configuration; undefined where it has
 * another one. No object has begun before it but the file's own, and no key behind it has the same name.
 */
function withoutLatest(bytes: Buffer): string | undefined {
  const { member } = latest;
  const at = member.length === 0 ? -1 : bytes.indexOf(member);
  if (at === -1) return undefined;
  const end = at + member.length;
  const before = bytes.toString("utf8", 0, at);
  const behind = bytes.toString("utf8", end);
  const isOwn = before.startsWith(BEGINNING) && !before.includes("{", 1);
  const isLast = !behind.includes('"config"') && !behind.includes("\\");
  return isOwn && isLast ? `${before}"config":null${behind}` : undefined;
}

/** @param usual what stands there under the key as libcni and Hawser write it */
function string(object: JsonObject, key: string, usual: JsonValue | undefined): string | undefined {
  if (typeof usual === "string") return usual;
  const value = usual ?? field(object, key) ?? undefined;
  if (value !== undefined && typeof value !== "string") throw new Error(`${key} is no string`);
  return value;
}

function pairs(value: JsonValue): [string, string][] {
  if (!Array.isArray(value)) throw new Error("cniArgs is no list");
  for (let at = 0; at < value.length; at++) {
    if (!isPair(value[at])) throw new Error("cniArgs holds something else than pairs of strings");
  }
  return value as [string, string][];
}

function isPair(value: JsonValue | undefined): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  return typeof value[0] === "string" && typeof value[1] === "string";
}

/** Whether two attachments are the same one. */
export function sameAttachment(one: Attachment, other: Attachment): boolean {
  return (
    one.network === other.network &&
    one.containerId === other.containerId &&
    one.ifName === other.ifName
  );
}
