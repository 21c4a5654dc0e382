import { Ip, Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { type CallOptions, type Entry, type Store, under } from "../../store/index.ts";
import { FleetKeys } from "../keys.ts";
import {
  parseAlive,
  parseBlock,
  parseFill,
  parseFleet,
  parseHalt,
  parseNode,
  parseQuarantine,
  parseSticky,
} from "../parse.ts";
import { sharesOf } from "../parts.ts";
import type { FleetRecord, NodeRecord } from "../records.ts";
import { Space } from "../space.ts";
import { grouped } from "./grouped.ts";
import type {
  FleetReport,
  NodeReport,
  NodeState,
  PartReport,
  SpaceReport,
  StickyReport,
} from "./report.ts";

/** Keys that are read at once. */
const PAGE = 2000;
const BITS = { 4: 32, 6: 128 } as const;

/** All keys of one network, and the store's revision when the last of them was read. */
interface Everything {
  readonly entries: readonly Entry[];
  readonly revision: bigint;
}

/**
 * Reads all of a fleet's network; undefined where it has not been set up.
 * @throws StoreError
 */
export async function readFleet(
  store: Store,
  network: string,
  options?: CallOptions,
): Promise<FleetReport | undefined> {
  const keys = new FleetKeys(network);
  const { entries, revision } = await readAll(store, keys.root, options);
  const found = entries.find(({ key }) => key === keys.fleet);
  const record = found === undefined ? undefined : parseFleet(found.value);
  return record === undefined ? undefined : new Reader(keys, entries).report(record, revision);
}

async function readAll(store: Store, root: string, options?: CallOptions): Promise<Everything> {
  const range = under(root, PAGE);
  if (!("end" in range)) throw new RangeError(`${root} is no range`);
  const entries: Entry[] = [];
  let { from } = range;
  for (;;) {
    const snapshot = await store.read({ ...range, from }, options);
    entries.push(...snapshot.entries);
    const last = snapshot.entries.at(-1);
    if (!snapshot.more || last === undefined) return { entries, revision: snapshot.revision };
    from = `${last.key}\0`;
  }
}

/** Makes a report of keys and their values. */
class Reader {
  readonly #keys: FleetKeys;
  readonly #entries: readonly Entry[];
  readonly #strange: string[] = [];

  constructor(keys: FleetKeys, entries: readonly Entry[]) {
    this.#keys = keys;
    this.#entries = entries;
  }

  report(record: FleetRecord, revision: bigint): FleetReport {
    const spaces = record.subnets.map((text, index) => {
      const subnet = Prefix.parse(text);
      return new Space(subnet, record.blockSizes[index] ?? subnet.length, index);
    });
    const parts = this.#parts(spaces);
    const nodes = this.#nodes(record, parts);
    const names = this.#names();
    const haltEntry = this.#entries.find(({ key }) => key === this.#keys.halt);
    const halt = haltEntry === undefined ? undefined : parseHalt(haltEntry.value);
    return {
      ...{ network: this.#network, record, revision, nodes, parts, names },
      ...{ spaces: spaces.map((space) => spaceOf(space, parts, nodes)), strange: this.#strange },
      ...defined({ halt, haltRevision: haltEntry?.revision.toString() }),
    };
  }

  get #network(): string {
    return this.#keys.root.split("/").at(-2) ?? "";
  }

  /** The records below a prefix, by the rest of their keys. */
  #below<T>(prefix: string, parse: (value: string) => T | undefined): Map<string, T> {
    const records = new Map<string, T>();
    for (const { key, value } of this.#entries) {
      if (!key.startsWith(prefix)) continue;
      const record = parse(value);
      if (record === undefined) this.#strange.push(key);
      else records.set(key.slice(prefix.length), record);
    }
    return records;
  }

  #parts(spaces: readonly Space[]): PartReport[] {
    const { blocks } = this.#keys;
    return [...this.#below(blocks, parseBlock)].flatMap(([rest, record]) => {
      const first = this.#keys.blockAddress(blocks + rest);
      const space = spaces.find(
        (each) => first !== undefined && each.numberOf(first) !== undefined,
      );
      const block = first === undefined ? undefined : space?.blockOf(first);
      const shares = block === undefined ? undefined : sharesOf(block, record.parts);
      if (block === undefined || shares === undefined) {
        this.#strange.push(blocks + rest);
        return [];
      }
      return shares.map(({ prefix, owner }): PartReport => ({ block, prefix, ...owner }));
    });
  }

  #nodes(fleet: FleetRecord, parts: readonly PartReport[]): NodeReport[] {
    const { nodes, allAlive, fills } = this.#keys;
    const records = this.#below(nodes, parseNode);
    const alive = this.#below(allAlive, parseAlive);
    const fill = this.#below(fills, parseFill);
    const dead = this.#deadTimes();
    const held = grouped(parts, ({ node }) => node ?? "");
    const ids = new Set([...records.keys(), ...held.keys()]);
    ids.delete("");
    return [...ids].sort().map((id) => {
      const record = records.get(id);
      const deadMs = record === undefined ? undefined : dead.get(`${id}/${record.epoch}`);
      return {
        ...{ id, state: stateOf(record, alive.has(id), deadMs, fleet) },
        holds: (held.get(id) ?? []).map(({ prefix }) => prefix),
        ...defined({ record, deadMs, free: fill.get(id)?.free }),
      };
    });
  }

  /** Milliseconds for which epochs have been seen over, by `node/epoch`. */
  #deadTimes(): Map<string, number> {
    const { quarantines } = this.#keys;
    const records = this.#below(quarantines, parseQuarantine);
    return new Map([...records].map(([rest, { elapsedMs }]) => [rest, elapsedMs]));
  }

  #names(): StickyReport[] {
    return [...this.#below(this.#keys.stickies, parseSticky)].map(
      ([name, { addresses, node }]) => ({
        name: decoded(name),
        addresses: addresses.map((address) => Ip.parse(address)),
        node,
      }),
    );
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function stateOf(
  record: NodeRecord | undefined,
  isAlive: boolean,
  deadMs: number | undefined,
  { quarantineMs }: FleetRecord,
): NodeState {
  if (isAlive) return "alive";
  if (record === undefined) return "unknown";
  if (record.forgotten === true) return "forgotten";
  const isOver = quarantineMs !== undefined && deadMs !== undefined && deadMs >= quarantineMs;
  return isOver ? "given up" : "dead";
}

function spaceOf(
  { subnet, blockSize }: Space,
  parts: readonly PartReport[],
  nodes: readonly NodeReport[],
): SpaceReport {
  const own = parts.filter(({ block }) => subnet.contains(block.ip));
  const alive = new Set(nodes.flatMap(({ id, state }) => (state === "alive" ? [id] : [])));
  const sum = (some: readonly PartReport[]): bigint =>
    some.reduce((total, { prefix }) => total + sizeOf(prefix), 0n);
  const held = own.filter(({ node }) => node !== undefined && alive.has(node));
  const resting = own.filter(({ node }) => node !== undefined && !alive.has(node));
  return {
    ...{ subnet, blockSize, size: sizeOf(subnet) },
    ...{ held: sum(held), resting: sum(resting) },
    blocks: new Set(own.map(({ block }) => block.toString())).size,
  };
}

/** Addresses of a prefix. */
export function sizeOf({ family, length }: Prefix): bigint {
  return 1n << BigInt(BITS[family] - length);
}
