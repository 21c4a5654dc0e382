import type { Journal, JournalEntry } from "../../journal/index.ts";
import { livingByNumber } from "../../kernel/netns/index.ts";
import { isSame } from "../../state/netns-record/index.ts";
import { NotedNetns } from "./noted-netns.ts";

export interface ReconcilerOptions {
  readonly journal: Pick<Journal, "names" | "readFile" | "drop">;
  /** False: attachments whose namespace is gone are left alone. */
  readonly removes: boolean;
  /** Pause between two passes, in milliseconds. */
  readonly intervalMs: number;
  /** How long a namespace has to be gone before its attachments are removed, in milliseconds. */
  readonly graceMs: number;
  /** Does a DEL of the entry; false when it failed. Calls `isWanted` when the DEL's turn has come. */
  readonly del: (entry: JournalEntry, isWanted: () => boolean) => Promise<boolean>;
  /** Called for each attachment after its removal, which may have failed. */
  readonly onReconciled: (entry: JournalEntry, plugins: readonly string[], done: boolean) => void;
  /** Called for each attachment that a pass finds for the first time. */
  readonly onFound: (first: JournalEntry) => void;
  /** Called at the beginning of each pass. */
  readonly onPass: () => void;
  /** Called when a pass failed, as without a free descriptor; the next one comes as usual. */
  readonly onFailed: (error: unknown) => void;
}

/** Attachments that are looked at in one go. */
const SLICE = 64;

/**
 * Removes attachments whose namespace is gone although no DEL came. Some runtimes never call GC, and
 * a node that was short of memory forgets containers.
 */
export class Reconciler implements Disposable {
  readonly #options: ReconcilerOptions;
  /** By the name of the attachment's file in the journal. */
  readonly #known = new Map<string, NotedNetns>();
  #timer: NodeJS.Timeout | undefined;
  /** A pass ends with its removals, and the next one does not wait for them. */
  readonly #passes = new Set<Promise<void>>();
  /** The attachments that are being removed. */
  readonly #removing = new Set<string>();
  #ended = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  begin(): void {
    const pass = this.look()
      .catch((error: unknown) => this.#options.onFailed(error))
      .finally(() => this.#passes.delete(pass));
    this.#passes.add(pass);
    if (!this.#ended) this.#timer = setTimeout(() => this.begin(), this.#options.intervalMs);
  }

  /** Resolves when no removal is under way any more. */
  async end(): Promise<void> {
    this[Symbol.dispose]();
    await Promise.all(this.#passes);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Looks once at every attachment, and removes those whose namespace has been gone long enough. */
  async look(): Promise<void> {
    this.#options.onPass();
    const names = new Set(this.#options.journal.names());
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name);
    const suspects: string[] = [];
    let count = 0;
    for (const name of names) {
      // Calls go first, however many attachments there are.
      if (++count % SLICE === 0) await Bun.sleep(0);
      const known = this.#known.get(name) ?? this.#read(name);
      if (known === undefined) continue;
      if (known.isAtItsPath()) known.goneSince = undefined;
      else suspects.push(name);
    }
    if (suspects.length === 0 || !this.#options.removes) return;
    // The list takes a look at every process, hence only for paths that do not lead to the namespace.
    const living = livingByNumber();
    // Side by side: a network that hangs holds up the removal of its own attachments alone.
    await Promise.all(suspects.map((name) => this.#suspect(name, living)));
  }

  #read(name: string): NotedNetns | undefined {
    const entries = this.#entriesOf(name);
    if (entries === undefined) return undefined;
    const [first] = entries;
    if (first === undefined) {
      this.#options.journal.drop(name); // of an earlier boot, or torn
      return undefined;
    }
    const known = new NotedNetns(first.netns);
    this.#known.set(name, known);
    this.#options.onFound(first);
    return known;
  }

  /** Undefined when the file cannot be read now, as without a free descriptor: the next pass tries again. */
  #entriesOf(name: string): readonly JournalEntry[] | undefined {
    try {
      return this.#options.journal.readFile(name);
    } catch {
      return undefined;
    }
  }

  async #suspect(name: string, living: ReadonlyMap<bigint, readonly string[]>): Promise<void> {
    // Read anew: the container may have been attached again, in another namespace.
    const entries = this.#entriesOf(name);
    const before = this.#known.get(name);
    const [first] = entries ?? [];
    if (entries === undefined || first === undefined || before === undefined) return;
    if (!isSame(first.netns, before.note)) {
      this.#known.set(name, new NotedNetns(first.netns));
      return;
    }
    if (before.isAmong(living)) {
      before.goneSince = undefined;
      return;
    }
    const now = performance.now();
    before.goneSince ??= now;
    const isEarly = now - before.goneSince < this.#options.graceMs;
    if (isEarly || this.#ended || this.#removing.has(name)) return;
    this.#removing.add(name);
    try {
      await this.#remove(name, first, entries);
    } finally {
      this.#removing.delete(name);
    }
  }

  async #remove(
    name: string,
    first: JournalEntry,
    entries: readonly JournalEntry[],
  ): Promise<void> {
    let done = true;
    const isWanted = (): boolean => {
      const [present] = this.#entriesOf(name) ?? [];
      return present !== undefined && isSame(present.netns, first.netns);
    };
    for (const entry of entries.toReversed()) {
      done = (await this.#options.del(entry, isWanted)) && done;
    }
    const plugins = entries.map(({ plugin }) => plugin);
    this.#options.onReconciled(first, plugins, done);
  }
}
