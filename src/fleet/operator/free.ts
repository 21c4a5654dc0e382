/** What an administrator frees: parts of dead nodes, and all that a node held which will not come back. */
import type { Prefix } from "../../addr/index.ts";
import type { Change, Condition, Entry, Store } from "../../store/index.ts";
import { asSeen } from "../core.ts";
import { FleetKeys } from "../keys.ts";
import { parseBlock, parseFleet, parseNode, parseSticky } from "../parse.ts";
import { assigned, partsOf, sharesOf } from "../parts.ts";
import { common } from "../pieces.ts";
import type { FleetRecord, NodeRecord, QuarantineRecord } from "../records.ts";
import type { FleetReport, PartReport } from "./report.ts";

/** So often a part is tried while nodes change its block. */
const TRIES = 5;

/** Something that must not be freed, or could not be, for people. */
export class NotFreed extends Error {
  override name = "NotFreed";
}

/** What has been freed. */
export interface Freed {
  readonly prefixes: readonly Prefix[];
  /** Names whose addresses were the node's: they get others. */
  readonly names: readonly string[];
}

/** The node whose parts are freed, as it stood. */
interface Victim {
  readonly id: string;
  readonly record: NodeRecord | undefined;
  readonly fleet: FleetRecord;
  /** What has to be so for anything to be freed: the node is dead, and there is no halt. */
  readonly conditions: readonly Condition[];
}

/** Frees parts of dead nodes. @throws NotFreed, StoreError */
export class Freeing {
  readonly #store: Store;
  readonly #report: FleetReport;
  readonly #keys: FleetKeys;

  constructor(store: Store, report: FleetReport) {
    this.#store = store;
    this.#report = report;
    this.#keys = new FleetKeys(report.network);
  }

  /** Frees what a dead node holds of a prefix. */
  async release(part: PartReport, piece: Prefix): Promise<Freed> {
    if (part.node === undefined) throw new NotFreed(`${piece} is free already`);
    const victim = await this.#victim(part.node);
    const prefix = await this.#free(victim, part, piece);
    return { prefixes: prefix === undefined ? [] : [prefix], names: [] };
  }

  /**
   * Frees all that a dead node holds. Its record stays, since its epochs count on: should the node come back
   * all the same, it wins its id again and finds that it holds nothing.
   */
  async forget(id: string): Promise<Freed> {
    const parts = this.#report.parts.filter(({ node }) => node === id);
    const before = await this.#victim(id);
    const victim = before.record === undefined ? before : await this.#mark(before, before.record);
    const prefixes: Prefix[] = [];
    for (const part of parts) {
      const prefix = await this.#free(victim, part, part.prefix);
      if (prefix !== undefined) prefixes.push(prefix);
    }
    return { prefixes, names: await this.#freeNames(victim) };
  }

  /** @throws NotFreed for a node that lives, and while the fleet is halted */
  async #victim(id: string): Promise<Victim> {
    const node = await this.#read(this.#keys.node(id));
    const alive = await this.#read(this.#keys.alive(id));
    const halt = await this.#read(this.#keys.halt);
    const fleet = await this.#read(this.#keys.fleet);
    if (alive !== undefined) {
      throw new NotFreed(`${id} lives: it gives back by itself what it does not need`);
    }
    if (halt !== undefined) {
      throw new NotFreed("the fleet is halted: no block changes its owner before it is resumed");
    }
    const record = node === undefined ? undefined : parseNode(node.value);
    const known = fleet === undefined ? undefined : parseFleet(fleet.value);
    if (known === undefined) throw new NotFreed("the fleet's record is gone");
    if (node !== undefined && record === undefined) {
      throw new NotFreed(`${this.#keys.node(id)} holds no record of this program`);
    }
    const conditions = [
      asSeen(this.#keys.node(id), node),
      asSeen(this.#keys.alive(id), undefined),
      asSeen(this.#keys.halt, undefined),
      asSeen(this.#keys.fleet, fleet),
    ];
    return { id, record, fleet: known, conditions };
  }

  /** Notes that the node is given up, and that the quarantine of its last epoch is over. */
  async #mark(victim: Victim, record: NodeRecord): Promise<Victim> {
    const { id, fleet, conditions } = victim;
    const key = this.#keys.quarantine(id, record.epoch);
    const count = await this.#read(key);
    const over: QuarantineRecord = {
      elapsedMs: fleet.quarantineMs ?? 0,
      since: this.#report.revision.toString(),
    };
    const changes: Change[] = [
      {
        put: this.#keys.node(id),
        value: JSON.stringify({ ...record, gateways: [], forgotten: true }),
      },
      ...(fleet.quarantineMs === undefined ? [] : [{ put: key, value: JSON.stringify(over) }]),
      { delete: this.#keys.fill(id) },
    ];
    const { done } = await this.#store.transact([...conditions, asSeen(key, count)], changes);
    if (!done) throw new NotFreed(`${id} has changed meanwhile, and may live: look again`);
    return await this.#victim(id);
  }

  /** What was freed of a part; undefined where it is the node's no more. */
  async #free(
    { id, conditions }: Victim,
    { block, epoch }: PartReport,
    piece: Prefix,
  ): Promise<Prefix | undefined> {
    const key = this.#keys.block(block);
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = await this.#read(key);
      const record = entry === undefined ? undefined : parseBlock(entry.value);
      const shares = record === undefined ? undefined : sharesOf(block, record.parts);
      const share = shares?.find(({ prefix, owner }) => {
        return owner?.node === id && owner.epoch === epoch && common(prefix, piece) !== undefined;
      });
      if (shares === undefined || share === undefined) return undefined;
      const prefix = common(share.prefix, piece) ?? piece;
      const value = JSON.stringify({ parts: partsOf(assigned(shares, prefix, undefined)) });
      const { done, found } = await this.#store.transact(
        [asSeen(key, entry), ...conditions],
        [{ put: key, value }],
      );
      if (done) return prefix;
      if (found.some((one) => one.key === this.#keys.alive(id))) {
        throw new NotFreed(`${id} has come back: the rest of what it holds stays its own`);
      }
    }
    throw new NotFreed(`block ${block} changes all the time: try again`);
  }

  /** Forgets the addresses of names that were on the node. */
  async #freeNames({ id, conditions }: Victim): Promise<string[]> {
    const freed: string[] = [];
    for (const { name, node } of this.#report.names) {
      if (node !== id) continue;
      const key = this.#keys.sticky(name);
      const entry = await this.#read(key);
      if (entry === undefined || parseSticky(entry.value)?.node !== id) continue;
      const { done } = await this.#store.transact(
        [asSeen(key, entry), ...conditions],
        [{ delete: key }],
      );
      if (done) freed.push(name);
    }
    return freed;
  }

  async #read(key: string): Promise<Entry | undefined> {
    return (await this.#store.read({ key })).entries.find((entry) => entry.key === key);
  }
}
