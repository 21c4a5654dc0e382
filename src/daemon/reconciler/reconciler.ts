import { isSameNetns, type Journal, type JournalEntry } from "../journal/index.ts";
import { livingByNumber, NotedNetns } from "./living.ts";

export interface ReconcilerOptions {
  readonly journal: Journal;
  /** How often is looked, in milliseconds. */
  readonly intervalMs: number;
  /** How long a namespace has to be gone, in milliseconds. */
  readonly graceMs: number;
  /** Does a DEL of the entry; false when it failed. Asks `isWanted` when its turn has come. */
  readonly del: (entry: JournalEntry, isWanted: () => boolean) => Promise<boolean>;
  /** Told of each attachment that was removed, or could not be. */
  readonly told: (entry: JournalEntry, plugins: readonly string[], done: boolean) => void;
}

/**
 * Removes what no runtime will: attachments whose namespace is gone although nobody called DEL.
 * Some runtimes never call GC, and a machine that was hard pressed forgets containers.
 */
export class Reconciler implements Disposable {
  readonly #options: ReconcilerOptions;
  /** By the name of the attachment's file in the journal. */
  readonly #known = new Map<string, NotedNetns>();
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** How many attachments there were at the last look. */
  get attachments(): number {
    return this.#known.size;
  }

  begin(): void {
    this.#pass = this.look().finally(() => {
      if (!this.#ended) this.#timer = setTimeout(() => this.begin(), this.#options.intervalMs);
    });
  }

  /** Resolves when nothing is under way any more. */
  async end(): Promise<void> {
    this[Symbol.dispose]();
    await this.#pass;
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Looks once at every attachment, and removes what has been gone for long enough. */
  async look(): Promise<void> {
    const names = new Set(this.#options.journal.names());
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name);
    const suspects: string[] = [];
    for (const name of names) {
      const known = this.#known.get(name) ?? this.#read(name);
      if (known === undefined) continue;
      if (known.isAtItsPath()) known.goneSince = undefined;
      else suspects.push(name);
    }
    if (suspects.length === 0) return;
    // Costs a look at every process: hence only for paths that lead nowhere.
    const living = livingByNumber();
    for (const name of suspects) await this.#suspect(name, living);
  }

  #read(name: string): NotedNetns | undefined {
    const [first] = this.#options.journal.readFile(name);
    if (first === undefined) {
      this.#options.journal.drop(name); // of another boot, or torn
      return undefined;
    }
    const known = new NotedNetns(first.netns);
    this.#known.set(name, known);
    return known;
  }

  async #suspect(name: string, living: ReadonlyMap<bigint, readonly string[]>): Promise<void> {
    // Read anew: the container may have been attached again, in another namespace.
    const entries = this.#options.journal.readFile(name);
    const before = this.#known.get(name);
    const [first] = entries;
    if (first === undefined || before === undefined) return;
    if (!isSameNetns(first.netns, before.note)) {
      this.#known.set(name, new NotedNetns(first.netns));
      return;
    }
    if (before.isAmong(living)) {
      before.goneSince = undefined;
      return;
    }
    const now = performance.now();
    before.goneSince ??= now;
    if (now - before.goneSince < this.#options.graceMs || this.#ended) return;
    await this.#remove(name, first, entries);
  }

  async #remove(
    name: string,
    first: JournalEntry,
    entries: readonly JournalEntry[],
  ): Promise<void> {
    let done = true;
    for (const entry of entries.toReversed()) {
      const isWanted = (): boolean => {
        const [present] = this.#options.journal.readFile(name);
        return isSameNetns(present?.netns, first.netns);
      };
      done = (await this.#options.del(entry, isWanted)) && done;
    }
    this.#options.told(
      first,
      entries.map(({ plugin }) => plugin),
      done,
    );
  }
}
