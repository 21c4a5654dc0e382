/** The fleet as the store has it: nodes, and what each of them holds. */
import { Ip, Mac, type Prefix } from "../addr/index.ts";
import { defined } from "../base/index.ts";
import type { Entry, Event, Revision } from "../store/index.ts";
import type { FleetKeys } from "./keys.ts";
import { isNodeId, parseBlock, parseNode } from "./parse.ts";
import { type Share, sharesOf } from "./parts.ts";
import { merged } from "./pieces.ts";
import type { NodeRecord } from "./records.ts";
import type { Space } from "./space.ts";

/** What one node needs to know of another one to reach its containers. */
export interface FleetPeer {
  readonly node: string;
  readonly underlay: Ip;
  readonly mac?: Mac;
  readonly publicKey?: string;
  readonly gateways: readonly Ip[];
  /** Everything that the node holds, in as few prefixes as possible. */
  readonly prefixes: readonly Prefix[];
}

/** A block as the store has it. */
export interface SeenBlock {
  readonly block: Prefix;
  readonly shares: readonly Share[];
}

export class FleetView {
  readonly nodes: Map<string, NodeRecord> = new Map();
  /** By their keys. */
  readonly blocks: Map<string, SeenBlock> = new Map();
  /** Keys whose values are no records of this program. */
  readonly foreign: Set<string> = new Set();
  readonly #keys: FleetKeys;
  readonly #spaces: readonly Space[];
  readonly #revisions: Map<string, Revision> = new Map();
  /** The blocks in which a node has a part. */
  readonly #blocksOf: Map<string, Set<string>> = new Map();

  constructor(keys: FleetKeys, spaces: readonly Space[]) {
    this.#keys = keys;
    this.#spaces = spaces;
  }

  /** Takes a change in; the ids of the nodes whose part in the fleet is another one now. */
  apply(event: Event): ReadonlySet<string> {
    const key = event.kind === "put" ? event.entry.key : event.key;
    const revision = event.kind === "put" ? event.entry.revision : event.revision;
    // What was read may be newer than the first events of a watch.
    if (revision <= (this.#revisions.get(key) ?? 0n)) return new Set();
    // Events of a key come in order: of one that is gone, nothing has to be remembered.
    if (event.kind === "put") this.#revisions.set(key, revision);
    else this.#revisions.delete(key);
    const entry = event.kind === "put" ? event.entry : undefined;
    this.foreign.delete(key);
    if (key.startsWith(this.#keys.nodes)) return this.#applyNode(key, entry);
    return key.startsWith(this.#keys.blocks) ? this.#applyBlock(key, entry) : new Set();
  }

  /** What a node holds, in any epoch of its id, in as few prefixes as possible. */
  prefixesOf(node: string): Prefix[] {
    const keys = this.#blocksOf.get(node) ?? [];
    const all = [...keys].flatMap((key) => this.blocks.get(key)?.shares ?? []);
    return merged(all.flatMap(({ owner, prefix }) => (owner?.node === node ? [prefix] : [])));
  }

  /** The nodes that hold something. */
  owners(): Iterable<string> {
    return this.#blocksOf.keys();
  }

  /** A node as a peer; undefined for one that holds nothing, or has no address between the nodes. */
  peer(node: string): FleetPeer | undefined {
    const record = this.nodes.get(node);
    const underlay = record?.underlay === undefined ? undefined : Ip.tryParse(record.underlay);
    const prefixes = this.prefixesOf(node);
    if (record === undefined || underlay === undefined || prefixes.length === 0) return undefined;
    const mac = record.mac === undefined ? undefined : macOf(record.mac);
    const gateways = record.gateways.map((text) => Ip.parse(text));
    const { publicKey } = record;
    return { node, underlay, gateways, prefixes, ...defined({ mac, publicKey }) };
  }

  /** All other nodes that are peers. */
  peers(self: string): Map<string, FleetPeer> {
    const peers = new Map<string, FleetPeer>();
    for (const node of this.nodes.keys()) {
      const peer = node === self ? undefined : this.peer(node);
      if (peer !== undefined) peers.set(node, peer);
    }
    return peers;
  }

  #applyNode(key: string, entry: Entry | undefined): ReadonlySet<string> {
    const id = key.slice(this.#keys.nodes.length);
    const record = entry === undefined || !isNodeId(id) ? undefined : parseNode(entry.value);
    if (entry !== undefined && record === undefined) this.foreign.add(key);
    if (record === undefined) this.nodes.delete(id);
    else this.nodes.set(id, record);
    return new Set([id]);
  }

  #applyBlock(key: string, entry: Entry | undefined): ReadonlySet<string> {
    const changed = new Set<string>();
    for (const { owner } of this.blocks.get(key)?.shares ?? []) {
      if (owner === undefined) continue;
      changed.add(owner.node);
      const keys = this.#blocksOf.get(owner.node);
      keys?.delete(key);
      if (keys?.size === 0) this.#blocksOf.delete(owner.node);
    }
    const seen = entry === undefined ? undefined : this.#seen(entry);
    if (entry !== undefined && seen === undefined) this.foreign.add(key);
    if (seen === undefined) this.blocks.delete(key);
    else this.blocks.set(key, seen);
    for (const { owner } of seen?.shares ?? []) {
      if (owner === undefined) continue;
      changed.add(owner.node);
      const keys = this.#blocksOf.get(owner.node) ?? new Set();
      this.#blocksOf.set(owner.node, keys.add(key));
    }
    return changed;
  }

  #seen({ key, value }: Entry): SeenBlock | undefined {
    const address = this.#keys.blockAddress(key);
    const space = address && this.#spaces.find(({ subnet }) => subnet.contains(address));
    const number = address && space?.numberOf(address);
    const record = parseBlock(value);
    if (space === undefined || number === undefined || record === undefined) return undefined;
    const block = space.block(number);
    const shares = sharesOf(block, record.parts);
    return shares === undefined ? undefined : { block, shares };
  }
}

function macOf(text: string): Mac | undefined {
  try {
    return Mac.parse(text);
  } catch {
    return undefined;
  }
}
