import { type Signal, signal } from "@preact/signals";
import { Pace } from "../../base/index.ts";
import { failureOf, type SourceFailure } from "../source/failure.ts";
import type { Resource } from "../source/resources.ts";
import type { Source } from "../source/source.ts";

/** What is known of a resource: the newest answer, and why there is none, or no newer one. */
export interface Answer<Value> {
  readonly value?: Value;
  /** When the value came, in milliseconds since 1970. */
  readonly at?: number;
  readonly failure?: SourceFailure;
}

/** Answers that nothing shows any more and that are kept, so that going back is quick. */
const KEPT = 24;
/** A resource that keeps changing is read anew so much more seldom than it takes to answer; not a single change's steps. */
const REST = { factor: 3, leastMs: 100, creditMs: 1000 };

interface Entry {
  readonly resource: Resource<unknown>;
  readonly answer: Signal<Answer<unknown>>;
  /** The parts of the page that show it now. */
  watchers: number;
  isReading: boolean;
  /** Something has changed since its reading began. */
  isDue: boolean;
  /** Of its readings. */
  readonly pace: Pace;
}

export interface Clocks {
  /** The time of day, in milliseconds since 1970: it jumps when it is set. */
  readonly clock: () => number;
  /** Milliseconds that have passed since some moment. */
  readonly elapsed: () => number;
}

/** The answers of all resources that the page shows, each read once however many parts show it. */
export class Answers {
  readonly #source: Source;
  readonly #clocks: Clocks;
  readonly #entries = new Map<string, Entry>();
  #isOpen = false;

  constructor(source: Source, clocks: Clocks) {
    this.#source = source;
    this.#clocks = clocks;
  }

  /** From now on resources are read: those that are shown already, at once. */
  open(): void {
    this.#isOpen = true;
    for (const entry of this.#entries.values()) if (entry.watchers > 0) this.#want(entry);
  }

  of<Value>(resource: Resource<Value>): Signal<Answer<Value>> {
    // The path says which type it is: it comes from one table, `RESOURCES`.
    return this.#entry(resource).answer as Signal<Answer<Value>>;
  }

  /** Says that a part of the page shows this resource until it calls what is returned. */
  watch(resource: Resource<unknown>): () => void {
    const entry = this.#entry(resource);
    entry.watchers += 1;
    if (entry.watchers === 1 && (entry.answer.peek().at === undefined || entry.isDue)) {
      this.#want(entry);
    }
    return () => {
      entry.watchers -= 1;
      if (entry.watchers === 0) this.#forgetOld();
    };
  }

  /** Reads anew what is shown, and later what is shown again; but for what `isCurrent` names. */
  refresh(isCurrent: (path: string) => boolean = () => false): void {
    const others = [...this.#entries.values()].filter(({ resource }) => !isCurrent(resource.path));
    for (const entry of others) this.#want(entry);
  }

  /** Changes an answer that is there, as a change of the stream says. */
  patch<Value>(resource: Resource<Value>, change: (value: Value) => Value): void {
    const answer = this.of(resource);
    const { value } = answer.peek();
    if (value !== undefined) answer.value = { value: change(value), at: this.#clocks.clock() };
  }

  #entry(resource: Resource<unknown>): Entry {
    const known = this.#entries.get(resource.path);
    if (known !== undefined) return known;
    const entry: Entry = {
      ...{ resource, answer: signal<Answer<unknown>>({}), watchers: 0 },
      ...{
        isReading: false,
        isDue: false,
        pace: new Pace({ ...REST, clock: this.#clocks.elapsed }),
      },
    };
    this.#entries.set(resource.path, entry);
    return entry;
  }

  #want(entry: Entry): void {
    entry.isDue = true;
    if (!this.#isOpen || entry.isReading || entry.watchers === 0) return;
    const isThere = entry.answer.peek().at !== undefined;
    // At first what is laborious gives way to what the view shows.
    if (!isThere && entry.resource.calmMs !== undefined && this.#isBusy()) return;
    entry.isReading = true;
    const calm = isThere ? (entry.resource.calmMs ?? 0) : 0;
    const wait = Math.max(calm, entry.pace.waitMs);
    if (wait <= 0) void this.#read(entry);
    else setTimeout(() => void this.#read(entry), wait);
  }

  async #read(entry: Entry): Promise<void> {
    const { resource, answer } = entry;
    const began = this.#clocks.elapsed();
    entry.isDue = false;
    try {
      const value = resource.decode(await this.#source.read(resource.path));
      answer.value = { value, at: this.#clocks.clock() };
    } catch (thrown) {
      answer.value = { ...answer.peek(), failure: failureOf(thrown) };
    }
    entry.isReading = false;
    entry.pace.rest(this.#clocks.elapsed() - began);
    if (entry.isDue) this.#want(entry);
    if (this.#isBusy()) return;
    for (const each of this.#entries.values()) {
      if (each !== entry && each.isDue && each.resource.calmMs !== undefined) this.#want(each);
    }
  }

  /** Whether something that is quick to answer is being read for the first time: later it may wait for its gap. */
  #isBusy(): boolean {
    return [...this.#entries.values()].some(({ isReading, resource, answer }) => {
      const { at, failure } = answer.peek();
      return (
        isReading && resource.calmMs === undefined && at === undefined && failure === undefined
      );
    });
  }

  /** A map keeps the order in which its entries came: the first are the oldest. */
  #forgetOld(): void {
    const idle = [...this.#entries].filter(
      ([, { watchers, isReading }]) => !isReading && watchers === 0,
    );
    for (const [path] of idle.slice(0, Math.max(0, idle.length - KEPT))) this.#entries.delete(path);
  }
}
