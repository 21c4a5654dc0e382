/** What lies between the machines and the engine: delays, losses, cuts, and what a client makes of them. */
import {
  type Batch,
  type CallOptions,
  type Change,
  type Condition,
  type Identity,
  type Keys,
  type LeaseId,
  type Outcome,
  type Revision,
  type Snapshot,
  type Store,
  StoreError,
} from "../../src/store/index.ts";
import { onAbort } from "./aborted.ts";
import type { Chance } from "./chance.ts";
import type { Backup, Engine } from "./engine.ts";
import type { Process } from "./process.ts";
import { Queue } from "./queue.ts";
import type { Cancel, Timeline } from "./timeline.ts";

/** A client waits so long for an answer. */
const TIMEOUT_MS = 1000;
/** A watch that is broken is opened again after this time. */
const REOPEN_MS = 300;

/** How bad the network is: probabilities for one message. */
export interface Weather {
  delayMs: number;
  /** Of a request or an answer that does not arrive. */
  loss: number;
  /** Of a request that arrives after its caller has given up. */
  late: number;
  /** Of an answer from a backup, which goes back behind what the machine has seen. */
  lie: number;
}

export class Network {
  readonly engine: Engine;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly weather: Weather = { delayMs: 2, loss: 0, late: 0, lie: 0 };
  /** Machines that do not reach the engine. */
  readonly cut = new Set<string>();
  /** The engine does not run: its port refuses. */
  isDown = false;
  /** States of the engine that a lie answers from. */
  readonly past: Backup[] = [];
  /** Requests of each machine. */
  readonly asked = new Map<string, number>();
  /** The highest revision that each machine was answered. */
  readonly seen = new Map<string, Revision>();
  readonly #open = new Set<() => void>();

  constructor(timeline: Timeline, engine: Engine, chance: Chance) {
    this.timeline = timeline;
    this.engine = engine;
    this.chance = chance;
  }

  reaches(machine: string): boolean {
    return !this.isDown && !this.cut.has(machine);
  }

  /** Milliseconds on the way, one way. */
  delay(): number {
    const { delayMs } = this.weather;
    return delayMs * (0.5 + this.chance.next() * (this.chance.happens(0.1) ? 20 : 1));
  }

  count(machine: string): void {
    this.asked.set(machine, (this.asked.get(machine) ?? 0) + 1);
  }

  connect(machine: string, process: Process): Store {
    return new NetworkStore(this, machine, process);
  }

  /** Ends every connection: a watch has to be opened again. */
  breakConnections(): void {
    for (const close of [...this.#open]) close();
  }

  opened(close: () => void): void {
    this.#open.add(close);
  }

  closed(close: () => void): void {
    this.#open.delete(close);
  }
}

class NetworkStore implements Store {
  readonly #network: Network;
  readonly #machine: string;
  readonly #process: Process;

  constructor(network: Network, machine: string, process: Process) {
    this.#network = network;
    this.#machine = machine;
    this.#process = process;
  }

  identify(options?: CallOptions): Promise<Identity> {
    return this.#call("identify", () => this.#network.engine.identify(), options);
  }

  read(keys: Keys, options?: CallOptions): Promise<Snapshot> {
    return this.#call("read", () => this.#lie(keys) ?? this.#network.engine.read(keys), options);
  }

  transact(
    conditions: readonly Condition[],
    changes: readonly Change[],
    options?: CallOptions,
  ): Promise<Outcome> {
    const work = (): Outcome => this.#network.engine.transact(conditions, changes);
    return this.#call("transact", work, options);
  }

  grant(seconds: number, options?: CallOptions): Promise<LeaseId> {
    return this.#call("grant", () => this.#network.engine.grant(seconds), options);
  }

  renew(lease: LeaseId, options?: CallOptions): Promise<boolean> {
    return this.#call("renew", () => this.#network.engine.renew(lease), options);
  }

  revoke(lease: LeaseId, options?: CallOptions): Promise<void> {
    return this.#call("revoke", () => this.#network.engine.revoke(lease), options);
  }

  async *watch(keys: Keys, from: Revision, options: CallOptions = {}): AsyncIterable<Batch> {
    await this.#process.step("watch");
    this.#network.count(this.#machine);
    const queue = new Queue<Batch>();
    const close = this.#follow(keys, from, queue);
    this.#process.onEnd(close);
    try {
      yield* queue.all(options.signal);
    } finally {
      close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** An answer that goes back behind what this machine has seen, if it is to be lied to now. */
  #lie(keys: Keys): Snapshot | undefined {
    const { chance, weather, past, seen, engine } = this.#network;
    if (weather.lie === 0 || !chance.happens(weather.lie)) return undefined;
    const known = seen.get(this.#machine) ?? 0n;
    const old = past.find(({ revision }) => revision < known);
    return old === undefined ? undefined : engine.readFrom(old, keys);
  }

  async #call<T>(name: string, work: () => T, options: CallOptions = {}): Promise<T> {
    await this.#process.step(`asks: ${name}`);
    this.#network.count(this.#machine);
    const { signal } = options;
    if (signal?.aborted === true) throw new StoreError("aborted", "the call was ended");
    const isUncertain = name === "transact" || name === "grant";
    const answer = await new Promise<T>((resolve, reject) => {
      const fail = (fault: "aborted" | "unreachable"): void => {
        answerWith(() => reject(new StoreError(fault, `no answer to ${name}`, { isUncertain })));
      };
      const answerWith = (how: () => void): void => {
        this.#process.run(() => {
          off();
          deaf();
          how();
        });
      };
      const off = this.#network.timeline.after(TIMEOUT_MS, () => fail("unreachable"));
      const deaf = onAbort(signal, () => fail("aborted"));
      this.#send(name, work, answerWith, resolve, reject);
    });
    await this.#process.step(`is answered: ${name}`);
    return answer;
  }

  #send<T>(
    name: string,
    work: () => T,
    answerWith: (how: () => void) => void,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    const { timeline, chance, weather, engine } = this.#network;
    if (this.#network.isDown && chance.happens(0.5)) {
      const refused = new StoreError("unreachable", `${name}: connection refused`);
      timeline.after(1, () => answerWith(() => reject(refused)));
      return;
    }
    const isLate = chance.happens(weather.late);
    const way = isLate ? chance.between(TIMEOUT_MS, 8 * TIMEOUT_MS) : this.#network.delay();
    if (chance.happens(weather.loss)) return;
    timeline.after(way, () => {
      if (!this.#network.reaches(this.#machine)) return;
      engine.by = this.#machine;
      const how = outcomeOf(work, resolve, reject);
      engine.by = undefined;
      if (chance.happens(weather.loss)) return;
      const { revision } = engine;
      timeline.after(this.#network.delay(), () => {
        if (!this.#network.reaches(this.#machine)) return;
        const { seen } = this.#network;
        if (revision > (seen.get(this.#machine) ?? 0n)) seen.set(this.#machine, revision);
        answerWith(how);
      });
    });
  }

  /** Puts what happens into the queue, over every break of the connection. */
  #follow(keys: Keys, from: Revision, queue: Queue<Batch>): Cancel {
    const { timeline, engine } = this.#network;
    let next = from;
    let end: Cancel | undefined;
    let isClosed = false;
    let arrival = 0;
    const receive = (batch: Batch): void => {
      arrival = Math.max(arrival, timeline.now() + this.#network.delay());
      timeline.after(arrival - timeline.now(), () => {
        if (isClosed || end === undefined) return;
        if (!this.#network.reaches(this.#machine)) shut();
        else if (batch.revision >= next) {
          next = batch.revision + 1n;
          this.#process.run(() => queue.put(batch));
        }
      });
    };
    const shut = (): void => {
      end?.();
      end = undefined;
      this.#network.closed(shut);
      if (!isClosed) timeline.after(REOPEN_MS, open);
    };
    const open = (): void => {
      if (isClosed || end !== undefined || !this.#process.isAlive) return;
      if (!this.#network.reaches(this.#machine)) {
        timeline.after(REOPEN_MS, open);
        return;
      }
      this.#network.opened(shut);
      end = () => undefined;
      try {
        end = engine.watch(keys, next, receive);
      } catch (error) {
        this.#process.run(() => queue.fail(error));
      }
    };
    open();
    return () => {
      isClosed = true;
      shut();
    };
  }
}

function outcomeOf<T>(
  work: () => T,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): () => void {
  try {
    const value = work();
    return () => resolve(value);
  } catch (error) {
    return () => reject(error);
  }
}
