import { Ip } from "../../../addr/index.ts";
import { route } from "../../../kernel/route/index.ts";
import { type Attachment, field, isNumber, isObject, type JsonValue } from "../../../spec/index.ts";
import { tryAgain } from "../../../state/index.ts";
import { type OwnerStore, readBootId } from "../../../state/owner/index.ts";

/** A table that leads the packets of one address. */
export interface SourceTable {
  readonly from: Ip;
  readonly table: number;
  /** What was put into it. */
  readonly routes: readonly route.Route[];
}

/** What one ADD has made; a list may have this plugin more than once. */
export interface Entry {
  /** The configuration named the table. */
  readonly explicit: boolean;
  /** Index of the interface; it has another one when it was made again. */
  readonly index: number;
  readonly tables: readonly SourceTable[];
  /** What was taken out of the main table. */
  readonly moved: readonly route.Route[];
  /** What was put into the main table in its place. */
  readonly hints: readonly route.Route[];
}

/**
 * What source routing has made for the attachment.
 * @throws CniError of code 11 when nothing tells whether a record is of this boot
 */
export function readEntries(store: OwnerStore, owner: Attachment): readonly Entry[] {
  const data = store.read(owner)?.data;
  if (data === undefined && readBootId() === "") verifyAbsence(store, owner);
  return Array.isArray(data) ? data.flatMap((each) => entryFromJson(each) ?? []) : [];
}

/** No entries, no record. */
export function writeEntries(
  store: OwnerStore,
  owner: Attachment,
  entries: readonly Entry[],
): void {
  if (entries.length === 0) store.remove(owner);
  else store.write(owner, entries.map(entryToJson));
}

/** A record that cannot be judged must not be taken for an old one, and be lost. */
function verifyAbsence(store: OwnerStore, { network, containerId, ifName }: Attachment): void {
  const isOwn = (each: Attachment): boolean =>
    each.containerId === containerId && each.ifName === ifName;
  if (!store.list(network).some(isOwn)) return;
  throw tryAgain("the running boot cannot be identified", {
    details: "/proc/sys/kernel/random/boot_id could not be read",
  });
}

/** Routes stand there as the kernel's own message, since nothing less tells all of them. */
function entryToJson(entry: Entry): JsonValue {
  return {
    explicit: entry.explicit,
    index: entry.index,
    tables: entry.tables.map(({ from, table, routes }) => {
      return { from: from.toString(), table, routes: routes.map(hex) };
    }),
    moved: entry.moved.map(hex),
    hints: entry.hints.map(hex),
  };
}

function entryFromJson(json: JsonValue): Entry | undefined {
  if (!isObject(json)) return undefined;
  const tables = field(json, "tables");
  const index = numberOf(field(json, "index"));
  if (!Array.isArray(tables) || index === undefined) return undefined;
  return {
    explicit: field(json, "explicit") === true,
    index,
    tables: tables.flatMap((each) => tableFromJson(each) ?? []),
    moved: routesOf(field(json, "moved")),
    hints: routesOf(field(json, "hints")),
  };
}

function tableFromJson(json: JsonValue): SourceTable | undefined {
  if (!isObject(json)) return undefined;
  const text = field(json, "from");
  const from = typeof text === "string" ? Ip.tryParse(text) : undefined;
  const table = numberOf(field(json, "table"));
  if (from === undefined || table === undefined) return undefined;
  return { from, table, routes: routesOf(field(json, "routes")) };
}

function routesOf(json: JsonValue | undefined): route.Route[] {
  if (!Array.isArray(json)) return [];
  return json.flatMap((each) => {
    const bytes = typeof each === "string" ? Buffer.from(each, "hex") : undefined;
    return bytes === undefined ? [] : (route.decodeRoute(new Uint8Array(bytes)) ?? []);
  });
}

function numberOf(json: JsonValue | undefined): number | undefined {
  return json !== undefined && isNumber(json) ? Number(json.toString()) : undefined;
}

function hex(entry: route.Route): string {
  return Buffer.from(route.encodeRoute(entry)).toString("hex");
}
