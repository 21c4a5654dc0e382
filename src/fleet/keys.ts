/** The keys of one fleet's network in the store. */
import { Ip, type Prefix } from "../addr/index.ts";
import { type Keys, under } from "../store/index.ts";

/** Of everything that this format of records has. */
const ROOT = "/hawser/1/";

/** Digits that name a block's first address: keys in the order of their bytes are in that of addresses. */
const DIGITS = { 4: 8, 6: 32 } as const;

export class FleetKeys {
  /** What all keys of the network begin with. */
  readonly root: string;
  readonly fleet: string;
  readonly halt: string;

  constructor(network: string) {
    this.root = `${ROOT}${network}/`;
    this.fleet = `${this.root}fleet`;
    this.halt = `${this.root}halt`;
  }

  /** What the keys of all fleets begin with. */
  static get all(): string {
    return ROOT;
  }

  /** The network that a key is of; undefined for one of no network. */
  static networkOf(key: string): string | undefined {
    return /^([a-zA-Z0-9][a-zA-Z0-9_.-]{0,62})\//u.exec(key.slice(ROOT.length))?.[1];
  }

  /** What the keys of all nodes begin with. */
  get nodes(): string {
    return `${this.root}node/`;
  }

  get allAlive(): string {
    return `${this.root}alive/`;
  }

  get blocks(): string {
    return `${this.root}block/`;
  }

  get quarantines(): string {
    return `${this.root}quarantine/`;
  }

  get fills(): string {
    return `${this.root}fill/`;
  }

  get stickies(): string {
    return `${this.root}sticky/`;
  }

  node(id: string): string {
    return `${this.nodes}${id}`;
  }

  alive(id: string): string {
    return `${this.allAlive}${id}`;
  }

  /** Of one epoch of a node. */
  quarantine(id: string, epoch: number): string {
    return `${this.quarantines}${id}/${epoch}`;
  }

  fill(id: string): string {
    return `${this.fills}${id}`;
  }

  sticky(name: string): string {
    return `${this.stickies}${encodeURIComponent(name)}`;
  }

  /** What other nodes send to this one. */
  inbox(id: string): string {
    return `${this.root}to/${id}/`;
  }

  /** A node asks an owner. */
  want(owner: string, id: string, what: string): string {
    return `${this.inbox(owner)}want/${id}/${encodeURIComponent(what)}`;
  }

  /** An owner gives a part to a node, or refuses what the node asked for. */
  given(id: string, what: string): string {
    return `${this.inbox(id)}given/${encodeURIComponent(what)}`;
  }

  /** An administrator has freed a name that was last on a node. */
  freed(id: string, name: string): string {
    return `${this.inbox(id)}freed/${encodeURIComponent(name)}`;
  }

  block(block: Prefix): string {
    return `${this.blocks}${block.family}/${hexOf(block.first())}`;
  }

  /** The blocks of a subnet from one of them on. */
  blocksFrom(subnet: Prefix, from: Ip, limit: number): Keys {
    const head = `${this.blocks}${subnet.family}/`;
    return { from: `${head}${hexOf(from)}`, end: `${head}${hexOf(subnet.last())}~`, limit };
  }

  /** The first address that the key of a block names; undefined for another key. */
  blockAddress(key: string): Ip | undefined {
    const match = /^([46])\/([0-9a-f]+)$/u.exec(key.slice(this.blocks.length));
    if (match === null || !key.startsWith(this.blocks)) return undefined;
    const family = match[1] === "4" ? 4 : 6;
    const digits = match[2] ?? "";
    return digits.length === DIGITS[family]
      ? Ip.fromBigInt(family, BigInt(`0x${digits}`))
      : undefined;
  }

  /** The node and epoch that the key of a quarantine names. */
  quarantineOf(key: string): { readonly node: string; readonly epoch: number } | undefined {
    const match = /^([^/]+)\/(\d{1,15})$/u.exec(key.slice(this.quarantines.length));
    if (match === null) return undefined;
    return { node: match[1] ?? "", epoch: Number(match[2]) };
  }
}

/** The keys that follow a key among those that begin with a text. */
export function after(key: string, all: string, limit: number): Keys {
  const range = under(all);
  const end = "end" in range ? range.end : all;
  return { from: `${key}\0`, end, limit };
}

function hexOf(address: Ip): string {
  return address.toBigInt().toString(16).padStart(DIGITS[address.family], "0");
}
