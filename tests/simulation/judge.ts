/** Watches the whole history, and names each breach of what the protocol promises. */
import { Ip } from "../../src/addr/index.ts";
import type { BlockRecord, Part } from "../../src/fleet/index.ts";
import type { Event, Revision } from "../../src/store/index.ts";
import { addressesOf } from "./addresses.ts";
import { believes } from "./belief.ts";
import type { Engine } from "./engine.ts";
import type { Machine } from "./machine.ts";

/** A container that has been given addresses. */
export interface Living {
  readonly container: string;
  readonly machine: Machine;
  readonly addresses: readonly Ip[];
  /** Addresses that the store gave away in the way that the protocol allows: the node was away too long. */
  readonly lost: Set<string>;
}

interface Owner {
  readonly node: string;
  readonly epoch: number;
  /** The machine that made it so. */
  readonly by: string | undefined;
}

/**
 * What is promised, for each address of the fleet:
 *
 * 1. When an ADD looks for the last time before it answers, the store says that the address is the node's.
 * 2. An address leaves a node only when no ADD of that node would reserve it: fenced, or the hold is over.
 * 3. A node gives away no address that one of its containers has.
 * 4. So two living containers have one address only when the first one's node was away for the quarantine, or was
 *    forgotten by an operator.
 *
 * One thing is open to chance, as decision 16 says: an address that was taken after the store went back, and before
 * it was halted, by a machine that had seen nothing later than what the store had come to again.
 */
export class Judge {
  readonly breaches: string[] = [];
  readonly living = new Map<string, Living>();
  readonly #machines: () => Iterable<Machine>;
  readonly #engine: Engine;
  readonly #owners = new Map<string, Owner>();
  /** The addresses of each block, so that a deleted block frees them. */
  readonly #blocks = new Map<string, readonly string[]>();
  readonly #log: (text: string) => void;
  /** What the store says is not the truth while this is so: it was restored from a backup. */
  isRestored = false;
  /** The highest revision that each machine had seen when the store went back. */
  #seenBefore: ReadonlyMap<string, Revision> = new Map();
  /** Addresses that were taken from a store that went back, by machines that could not know it. */
  readonly #takenBlindly = new Set<string>();

  constructor(engine: Engine, machines: () => Iterable<Machine>, log: (text: string) => void) {
    this.#engine = engine;
    this.#machines = machines;
    this.#log = log;
    engine.onChange((events) => {
      for (const event of events) this.#changed(event);
    });
  }

  breach(text: string): void {
    this.#log(`BREACH: ${text}`);
    this.breaches.push(text);
  }

  /** Which node the store says has the address. */
  ownerOf(ip: string): Owner | undefined {
    return this.#owners.get(ip);
  }

  /** An ADD has looked for the last time: from here on the addresses are the container's. */
  born(living: Living): void {
    const { machine, container } = living;
    for (const ip of living.addresses) {
      const text = ip.toString();
      const owner = this.#owners.get(text);
      const isEpoch = owner?.epoch === machine.disk.picture?.epoch || owner?.by === machine.name;
      const isOwn = owner?.node === machine.node && isEpoch;
      if (!isOwn && !this.isRestored) {
        const whose = owner === undefined ? "free" : `of ${owner.node} in epoch ${owner.epoch}`;
        this.breach(`${machine.name} gives ${text} to ${container}, but it is ${whose}`);
      }
      for (const other of this.#havingOf(text)) {
        if (other.lost.has(text) || this.#takenBlindly.has(text)) continue;
        this.breach(
          `${text} is given to ${container} of ${machine.name}, and ${other.container} has it`,
        );
      }
    }
    this.living.set(container, living);
  }

  died(container: string): void {
    this.living.delete(container);
  }

  /** The store went back to a backup: reads the truth anew, and judges none of it. */
  restored(): void {
    this.#owners.clear();
    this.#blocks.clear();
    this.isRestored = true;
    this.#seenBefore = new Map(
      [...this.#machines()].map(({ name, disk }) => [name, BigInt(disk.picture?.revision ?? "0")]),
    );
    for (const entry of this.#engine.entries.values()) this.#changed({ kind: "put", entry });
  }

  /**
   * Whether the machine whose request is carried out has no means to know that the store went back: neither the
   * store nor what it has seen itself says so.
   */
  get #isBlind(): boolean {
    const { by, entries, revision } = this.#engine;
    const machine = [...this.#machines()].find(({ name }) => name === by);
    if (!this.isRestored || machine === undefined) return false;
    // A copy that was made since knows what its original knew.
    const seen = this.#seenBefore.get(machine.name) ?? this.#seenBefore.get(machine.node) ?? 0n;
    return seen < revision && ![...entries.keys()].some((key) => key.endsWith("/halt"));
  }

  #havingOf(ip: string): Living[] {
    return [...this.living.values()].filter(({ addresses }) => {
      return addresses.some((address) => address.toString() === ip);
    });
  }

  #changed(event: Event): void {
    const key = event.kind === "put" ? event.entry.key : event.key;
    if (!key.includes("/block/")) return;
    const parts = event.kind === "put" ? partsOf(event.entry.value) : [];
    const next = new Map<string, Owner | undefined>();
    for (const ip of this.#blocks.get(key) ?? []) next.set(ip, undefined);
    for (const { prefix, node, epoch } of parts) {
      const owner =
        node === undefined ? undefined : { node, epoch: epoch ?? 0, by: this.#engine.by };
      for (const ip of addressesOf(prefix)) next.set(ip.toString(), owner);
    }
    this.#log(`${key} = ${parts.map(said).join(", ")}`);
    this.#blocks.set(key, [...next.keys()]);
    for (const [ip, owner] of next) this.#moved(ip, owner);
  }

  #moved(ip: string, owner: Owner | undefined): void {
    const old = this.#owners.get(ip);
    if (owner === undefined) this.#owners.delete(ip);
    else this.#owners.set(ip, owner);
    if (owner !== undefined && owner.node !== old?.node && this.#isBlind) {
      this.#takenBlindly.add(ip);
    }
    if (old === undefined || (old.node === owner?.node && old.epoch === owner.epoch)) return;
    const by = this.#engine.by ?? "no machine";
    const isAgain = old.node === owner?.node;
    for (const machine of this.#machines()) {
      if (machine.node !== old.node || machine.disk.picture?.epoch !== old.epoch) continue;
      const isOwnDoing = by === machine.name;
      // A machine that wins its own id again keeps what it has.
      if (isAgain && isOwnDoing) continue;
      const whose = owner === undefined ? "the free ones" : `${owner.node} in epoch ${owner.epoch}`;
      if (believes(machine, Ip.parse(ip)) && !this.isRestored) {
        this.breach(`${by} moves ${ip} to ${whose}, and ${machine.name} serves it`);
      }
      this.#lose(machine, ip, isOwnDoing);
    }
  }

  #lose(machine: Machine, ip: string, isOwnDoing: boolean): void {
    for (const living of this.#havingOf(ip)) {
      if (living.machine !== machine || living.lost.has(ip)) continue;
      if (isOwnDoing && !this.isRestored) {
        this.breach(`${machine.name} gives ${ip} away, which ${living.container} has`);
      }
      living.lost.add(ip);
    }
  }
}

function partsOf(value: string): readonly Part[] {
  return (JSON.parse(value) as BlockRecord).parts;
}

function said({ prefix, node, epoch }: Part): string {
  return node === undefined ? `${prefix} free` : `${prefix} ${node}/${epoch}`;
}
