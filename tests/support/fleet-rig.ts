/** Members of a fleet on one engine in memory and on virtual time, for tests of single rules. */
import { type Ip, Prefix } from "../../src/addr/index.ts";
import {
  createMember,
  type FleetConfig,
  type Member,
  type MemberEvent,
  type NodeFacts,
  type Part,
  type Picture,
  type Reserved,
  type Serving,
  servable,
} from "../../src/fleet/index.ts";
import { type Change, type Condition, type Store, StoreError } from "../../src/store/index.ts";
import { Chance } from "../simulation/chance.ts";
import { DirectStore } from "../simulation/direct-store.ts";
import { Engine } from "../simulation/engine.ts";
import { Timeline } from "../simulation/timeline.ts";

/** What becomes of a transaction. */
export type Fault = "cut" | "lost answer" | undefined;

/** A fleet of one small subnet, whose times are short. */
export const CONFIG: FleetConfig = {
  network: "pods",
  subnets: [Prefix.parse("10.42.0.0/24")],
  blockSizes: [28],
  quarantineMs: 120_000,
  leaseSeconds: 15,
  restMs: 60_000,
  overlay: "none",
};

/** What the tests look at in records, whichever they are. */
interface StoredRecord {
  readonly reason: string;
  readonly epoch: number;
  readonly generation: number;
  readonly asserted?: string;
  readonly forgotten?: boolean;
  readonly elapsedMs: number;
  readonly addresses: readonly string[];
  readonly parts: readonly Part[];
}

export class Rig {
  readonly timeline: Timeline = new Timeline();
  readonly engine: Engine = new Engine(this.timeline);
  readonly nodes: Map<string, RigNode> = new Map();
  /** Processes so far: each has chance of its own. */
  starts = 0;

  /** A node whose member runs. */
  start(id: string, options: RigOptions = {}): RigNode {
    const node = new RigNode(this, id, options);
    this.nodes.set(id, node);
    node.start();
    return node;
  }

  /** Lets time pass. */
  wait(ms: number): void {
    this.timeline.runUntil(this.timeline.now() + ms);
  }

  /** Lets time pass until it is so, and fails the test where it never is. */
  until(what: string, test: () => boolean, limitMs = 60_000): void {
    const end = this.timeline.now() + limitMs;
    while (!test()) {
      if (this.timeline.now() >= end) throw new Error(`after ${limitMs} ms still not: ${what}`);
      this.wait(10);
    }
  }

  /** A record of the store, read. */
  record(key: string): StoredRecord | undefined {
    const entry = this.engine.entries.get(`/hawser/1/pods/${key}`);
    return entry === undefined ? undefined : (JSON.parse(entry.value) as StoredRecord);
  }

  /** The keys that begin with a text, without the network's own beginning. */
  keys(prefix: string): string[] {
    const root = "/hawser/1/pods/";
    const all = [...this.engine.entries.keys()].filter((key) => key.startsWith(root + prefix));
    return all.map((key) => key.slice(root.length)).sort();
  }

  put(key: string, value: unknown): void {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    this.engine.transact([], [{ put: `/hawser/1/pods/${key}`, value: text }]);
  }
}

export interface RigOptions {
  readonly config?: Partial<FleetConfig>;
  readonly facts?: Partial<NodeFacts>;
  /** What the disk has from before: a copy of another node's. */
  readonly picture?: Picture | undefined;
  readonly boot?: string;
}

export class RigNode {
  readonly rig: Rig;
  readonly id: string;
  readonly config: FleetConfig;
  readonly reserved: Map<string, Ip> = new Map();
  readonly events: MemberEvent[] = [];
  picture: Picture | undefined;
  boot: string;
  /** What becomes of each transaction. */
  fault: (changes: readonly Change[], conditions: readonly Condition[]) => Fault = () => undefined;
  isCutOff = false;
  /** No picture can be written. */
  isDiskFull = false;
  /** Of what the node's clock says. */
  clockAheadMs = 0;
  readonly #facts: Partial<NodeFacts>;
  #member: Member | undefined;
  #end = new AbortController();

  constructor(rig: Rig, id: string, { config, facts, picture, boot }: RigOptions) {
    this.rig = rig;
    this.id = id;
    this.config = { ...CONFIG, ...config };
    this.#facts = facts ?? {};
    this.picture = picture;
    this.boot = boot ?? `boot of ${id}`;
  }

  get member(): Member {
    if (this.#member === undefined) throw new Error(`${this.id} does not run`);
    return this.#member;
  }

  make(): Member {
    const chance = new Chance(`${this.id} ${this.rig.starts++}`);
    const dead = this.#end.signal;
    return createMember({
      config: this.config,
      node: this.id,
      facts: { version: "1", ...this.#facts },
      store: this.#store(dead),
      files: {
        read: async () => this.picture,
        update: async (work) => {
          if (dead.aborted) await new Promise(() => undefined);
          const { picture, result } = work(this.picture, this.#reservations());
          if (picture !== undefined && this.isDiskFull) throw new Error("no space left on device");
          if (picture !== undefined) this.picture = structuredClone(picture);
          return result;
        },
      },
      clock: {
        now: () => this.now(),
        boot: this.boot,
        sleep: (ms, signal) => this.#sleep(ms, signal),
      },
      chance: () => chance.next(),
      report: (event) => this.events.push(event),
    });
  }

  start(): void {
    this.#end = new AbortController();
    this.#member = this.make();
    const { signal } = this.#end;
    this.#member.run(signal).catch((error: unknown) => {
      this.events.push({ kind: "crashed", text: String(error), isTrouble: true });
    });
    this.rig.wait(0);
  }

  /** The process is gone in the middle of whatever it did. */
  kill(): void {
    this.#end.abort();
    this.#member = undefined;
  }

  /** The machine starts again. */
  reboot(): void {
    this.kill();
    this.boot = `${this.boot}'`;
    this.reserved.clear();
    this.start();
  }

  now(): number {
    return this.rig.timeline.now() + this.clockAheadMs;
  }

  serving(): Serving {
    return servable(this.picture, { now: () => this.now(), boot: this.boot });
  }

  /** What ADD may reserve from now, in the first subnet. */
  held(subnet = 0): string[] {
    const serving = this.serving();
    return serving.ok ? (serving.subnets[subnet]?.prefixes ?? []).map(String) : [];
  }

  /** Holdings of the picture in a state. */
  in(state: string): string[] {
    const all = this.picture?.subnets.flatMap(({ holdings }) => holdings) ?? [];
    return all.flatMap((holding) => (holding.state === state ? [holding.prefix] : []));
  }

  /** An ADD: a free address of what is held, or undefined. */
  add(name = ""): string | undefined {
    const serving = this.serving();
    if (!serving.ok) return undefined;
    const [subnet] = serving.subnets;
    const named = this.picture?.sticky ?? {};
    const own = name === "" ? undefined : named[name]?.[0];
    const others = new Set(Object.values(named).flat());
    for (const prefix of subnet?.prefixes ?? []) {
      let address = prefix.first();
      for (;;) {
        const text = address.toString();
        const isEnd = text.endsWith(".0") || text.endsWith(".255");
        const isFree = own === undefined ? !others.has(text) : own === text;
        const isOpen = isFree && !isEnd && text !== subnet?.gateway?.toString();
        if (isOpen && !this.reserved.has(text)) {
          this.reserved.set(text, address);
          this.member.changed();
          return text;
        }
        if (address.equals(prefix.last())) break;
        address = address.next();
      }
    }
    return undefined;
  }

  del(address: string): void {
    this.reserved.delete(address);
    this.#member?.changed();
  }

  reports(kind: string): string[] {
    return this.events.filter((event) => event.kind === kind).map(({ text }) => text);
  }

  #reservations(): Reserved {
    return {
      addresses: () => this.reserved.values(),
      has: (address) => this.reserved.has(address.toString()),
    };
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const cancel = this.rig.timeline.after(ms, resolve);
      signal?.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
  }

  /** The engine, as this process reaches it. */
  #store(dead: AbortSignal): Store {
    const direct = new DirectStore(this.rig.engine);
    const reach = async (): Promise<void> => {
      await this.#sleep(1);
      if (dead.aborted) await new Promise(() => undefined);
      if (this.isCutOff) throw new StoreError("unreachable", "the store does not answer");
    };
    const transact = async (
      conditions: readonly Condition[],
      changes: readonly Change[],
    ): Promise<Awaited<ReturnType<Store["transact"]>>> => {
      await reach();
      const fault = this.fault(changes, conditions);
      if (fault === "cut") throw new StoreError("unreachable", "no answer", { isUncertain: true });
      const outcome = await direct.transact(conditions, changes);
      if (fault === "lost answer") {
        throw new StoreError("unreachable", "no answer", { isUncertain: true });
      }
      return outcome;
    };
    return {
      identify: async (options) => reach().then(() => direct.identify(options)),
      read: async (keys, options) => reach().then(() => direct.read(keys, options)),
      transact,
      grant: async (seconds) => reach().then(() => direct.grant(seconds)),
      renew: async (lease) => reach().then(() => direct.renew(lease)),
      revoke: async (lease) => reach().then(() => direct.revoke(lease)),
      watch: (keys, from, options) => direct.watch(keys, from, options),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
}
