import { defined } from "../base/index.ts";
import type { NetnsIdentity } from "../kernel/netns/index.ts";
import type { Attachment } from "../spec/index.ts";
import { isSame } from "../state/netns-record/index.ts";
import { isRecord, isTexts, objectOf } from "./json.ts";

/** A container's namespace when it was attached. */
export interface NetnsNote extends NetnsIdentity {
  /** CNI_NETNS as the caller gave it. */
  readonly path: string;
}

/** The ADD of one plugin: all that its DEL needs. */
export interface JournalEntry extends Attachment {
  readonly plugin: string;
  /** The boot during which the attachment was made; it does not outlive that boot. */
  readonly bootId: string;
  readonly netns: NetnsNote;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Of the result, in CIDR notation; absent until the ADD has ended. */
  readonly addresses?: readonly string[];
}

/** An ADD that begins. */
export type NewEntry = Omit<JournalEntry, "bootId" | "addresses">;

/** A line of an attachment's file. */
type JournalLine =
  | { readonly kind: "add"; readonly entry: JournalEntry }
  | { readonly kind: "result"; readonly plugin: string; readonly addresses: readonly string[] }
  | { readonly kind: "del"; readonly plugin: string };

/** The line of an ADD. */
export function encodeAdded(entry: NewEntry, bootId: string): string {
  const { network, containerId, ifName, plugin, cwd, env, stdin } = entry;
  const { path, dev, ino, cookie } = entry.netns;
  const numbers = { dev: `${dev}`, ino: `${ino}`, ...defined({ cookie: cookie?.toString() }) };
  const netns = { path, ...numbers };
  const line = { kind: "add", network, containerId, ifName, plugin, cwd, env, stdin };
  return `${JSON.stringify({ ...line, bootId, netns })}\n`;
}

/** The line of an ADD that has ended. */
export function encodeResult(plugin: string, addresses: readonly string[]): string {
  return `${JSON.stringify({ kind: "result", plugin, addresses })}\n`;
}

/** The line of a DEL. */
export function encodeDeleted(plugin: string): string {
  return `${JSON.stringify({ kind: "del", plugin })}\n`;
}

/** More lines than a file of ours comes to before it is written anew; what follows is not read. */
const LINES_MAX = 10_000;

/**
 * Reads a file: what was added in the container's present namespace and not deleted, in order. Torn
 * and unknown lines are left out.
 */
export function decodeLines(text: string): JournalEntry[] {
  let entries: JournalEntry[] = [];
  let count = 0;
  for (const [each] of text.matchAll(/[^\n]+/gu)) {
    if (++count > LINES_MAX) break;
    const line = decodeLine(each);
    if (line?.kind === "add") {
      // What was added in an earlier namespace has ended with it.
      const [first] = entries;
      if (first !== undefined && !isSame(first.netns, line.entry.netns)) entries = [];
      entries.push(line.entry);
    }
    if (line === undefined || line.kind === "add") continue;
    const at = entries.findLastIndex(({ plugin }) => plugin === line.plugin);
    const entry = entries[at];
    if (entry === undefined) continue;
    if (line.kind === "del") entries.splice(at, 1);
    // The attachment has its addresses as long as any of its plugins is there.
    const [to, addresses] = line.kind === "del" ? [0, entry.addresses] : [at, line.addresses];
    const heir = entries[to];
    if (heir !== undefined && addresses !== undefined) entries[to] = { ...heir, addresses };
  }
  return entries;
}

function decodeLine(text: string): JournalLine | undefined {
  const json = objectOf(text);
  const plugin = json?.["plugin"];
  if (json === undefined || typeof plugin !== "string") return undefined;
  if (json["kind"] === "del") return { kind: "del", plugin };
  const { addresses } = json;
  if (json["kind"] === "result") {
    return isTexts(addresses) ? { kind: "result", plugin, addresses } : undefined;
  }
  const { network, containerId, ifName, bootId, cwd, stdin } = json;
  const netns = netnsOf(json["netns"]);
  const env = environmentOf(json["env"]);
  if (typeof network !== "string" || typeof containerId !== "string") return undefined;
  if (typeof ifName !== "string" || typeof bootId !== "string") return undefined;
  if (typeof cwd !== "string" || typeof stdin !== "string") return undefined;
  if (json["kind"] !== "add" || netns === undefined || env === undefined) return undefined;
  const entry = { network, containerId, ifName, plugin, bootId, netns, cwd, env, stdin };
  return { kind: "add", entry };
}

function netnsOf(value: unknown): NetnsNote | undefined {
  if (!isRecord(value)) return undefined;
  const { path, dev, ino, cookie } = value;
  if (typeof path !== "string" || !isNumber(dev) || !isNumber(ino)) return undefined;
  const numbers = { dev: BigInt(dev), ino: BigInt(ino) };
  if (cookie === undefined) return { path, ...numbers };
  return isNumber(cookie) ? { path, ...numbers, cookie: BigInt(cookie) } : undefined;
}

function environmentOf(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  const pairs = Object.entries(value);
  const texts = pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return texts.length === pairs.length ? Object.fromEntries(texts) : undefined;
}

function isNumber(value: unknown): value is string {
  return typeof value === "string" && /^\d{1,20}$/u.test(value);
}
