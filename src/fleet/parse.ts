/**
 * Records as they are read from the store. It has the keys of other programs and of newer versions
 * as well: what is no record of ours gives undefined, is used for nothing and never replaced.
 */
import { Ip, Prefix } from "../addr/index.ts";
import type {
  AliveRecord,
  BlockRecord,
  FillRecord,
  FleetRecord,
  FreedRecord,
  GivenRecord,
  HaltRecord,
  NodeRecord,
  Part,
  QuarantineRecord,
  StickyRecord,
  WantRecord,
  WonBy,
} from "./records.ts";

/** No record is longer; a value of another program may be. */
const LONGEST = 256 * 1024;

/** Epochs and counts go up by one, and stay exact while they do. */
const LARGEST = Number.MAX_SAFE_INTEGER - 1;

/** What a node's id looks like: a key and a word on a terminal. */
const NODE_ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/u;

type Fields = Readonly<Record<string, unknown>>;

export function parseFleet(value: string): FleetRecord | undefined {
  return read<FleetRecord>(value, ({ format, subnets, blockSizes, quarantineMs, ...rest }) => {
    return (
      format === 1 &&
      isList(subnets, isPrefix) &&
      isList(blockSizes, isCount) &&
      subnets.length === blockSizes.length &&
      isMaybe(quarantineMs, isCount) &&
      isText(rest["overlay"]) &&
      isText(rest["cluster"]) &&
      isCount(rest["generation"])
    );
  });
}

export function parseNode(value: string): NodeRecord | undefined {
  return read<NodeRecord>(value, (fields) => {
    return (
      isCount(fields["epoch"]) &&
      isText(fields["session"]) &&
      isMaybe(fields["underlay"], isAddress) &&
      isMaybe(fields["mac"], isText) &&
      isMaybe(fields["publicKey"], isText) &&
      isList(fields["gateways"], isAddress) &&
      isText(fields["version"]) &&
      isMaybe(fields["machine"], isText) &&
      isMaybe(fields["wonBy"], (list) => isList(list, isWonBy)) &&
      isMaybe(fields["asserted"], isText)
    );
  });
}

export function parseAlive(value: string): AliveRecord | undefined {
  return read<AliveRecord>(value, ({ epoch, session, member, word }) => {
    return isCount(epoch) && isText(session) && isText(member) && isCount(word);
  });
}

/** The parts are checked against the block by `sharesOf`. */
export function parseBlock(value: string): BlockRecord | undefined {
  return read<BlockRecord>(value, ({ parts }) => isList(parts, isPart));
}

export function parseQuarantine(value: string): QuarantineRecord | undefined {
  return read<QuarantineRecord>(value, ({ elapsedMs, since }) => {
    return isCount(elapsedMs) && typeof since === "string" && /^\d{1,20}$/u.test(since);
  });
}

export function parseFill(value: string): FillRecord | undefined {
  return read<FillRecord>(value, ({ free }) => isList(free, isCount));
}

export function parseWant(value: string): WantRecord | undefined {
  return read<WantRecord>(value, ({ epoch, subnet, count, address, sticky }) => {
    const isAsk = isCount(epoch) && isCount(subnet) && isCount(count);
    return isAsk && isMaybe(address, isAddress) && isMaybe(sticky, isText);
  });
}

export function parseGiven(value: string): GivenRecord | undefined {
  return read<GivenRecord>(value, ({ prefix, from, refused }) => {
    return isText(prefix) && isText(from) && isMaybe(refused, isText);
  });
}

export function parseFreed(value: string): FreedRecord | undefined {
  return read<FreedRecord>(value, ({ name }) => isText(name));
}

export function parseSticky(value: string): StickyRecord | undefined {
  return read<StickyRecord>(value, ({ addresses, node, epoch }) => {
    return isList(addresses, isAddress) && isText(node) && isCount(epoch);
  });
}

export function parseHalt(value: string): HaltRecord | undefined {
  return read<HaltRecord>(value, ({ reason, by }) => isText(reason) && isText(by));
}

/** The value as a record where the test holds; further fields stay. */
function read<T>(value: string, test: (fields: Fields) => boolean): T | undefined {
  if (value.length > LONGEST) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(value);
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return undefined;
  return test(fields as Fields) ? (fields as T) : undefined;
}

/** Whether a text can be a node's id: what the store has under another one is no record of ours. */
export function isNodeId(value: unknown): value is string {
  return isText(value) && NODE_ID.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= LARGEST && Number.isInteger(value);
}

function isAddress(value: unknown): value is string {
  return isText(value) && Ip.tryParse(value) !== undefined;
}

function isPrefix(value: unknown): value is string {
  return isText(value) && Prefix.tryParse(value) !== undefined;
}

function isPart(value: unknown): value is Part {
  if (typeof value !== "object" || value === null) return false;
  const { prefix, node, epoch } = value as Fields;
  return isPrefix(prefix) && isMaybe(node, isNodeId) && isMaybe(epoch, isCount);
}

function isWonBy(value: unknown): value is WonBy {
  if (typeof value !== "object" || value === null) return false;
  const { from, machine } = value as Fields;
  return isCount(from) && isMaybe(machine, isText);
}

function isMaybe(value: unknown, test: (value: unknown) => boolean): boolean {
  return value === undefined || test(value);
}

function isList<T>(value: unknown, test: (value: unknown) => value is T): value is readonly T[] {
  return Array.isArray(value) && value.every(test);
}
