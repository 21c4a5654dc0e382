/** How long nodes have been seen dead: a count in the store, to which only watched time is added. */
import type { Condition, Entry } from "../store/index.ts";
import { asSeen, type Core } from "./core.ts";
import { parseNode, parseQuarantine } from "./parse.ts";
import type { Owner } from "./parts.ts";
import type { QuarantineRecord } from "./records.ts";

/** A count that this process watches. */
interface Watched {
  readonly revision: Entry["revision"];
  /** When it was first seen at this revision. */
  readonly firstAtMs: number;
  /** Watched so long at this revision, without a gap. */
  readonly watchedMs: number;
  /** When it was last seen: after the answer. */
  readonly seenAtMs: number;
}

/** So many counts are watched at once. */
const MOST = 4096;
/** So many counts are gone on with by this node alone. */
const MOST_OWN = 64;

export class Quarantines {
  readonly #core: Core;
  readonly #watched: Map<string, Watched> = new Map();
  /** What this node goes on to count at each of its looks, whether or not it needs addresses: by the keys of the counts. */
  readonly #own: Map<string, Owner> = new Map();
  #guessAtMs = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /** So long a watch may be without a look: what a longer pause has hidden is not counted. */
  get longestGapMs(): number {
    return this.periodMs * 3;
  }

  /** Between two looks. */
  get periodMs(): number {
    const { quarantineMs = Number.POSITIVE_INFINITY } = this.#core.config;
    return Math.min(30_000, Math.max(100, quarantineMs / 12));
  }

  /** Whether it is time to look at owners that may live, in search of dead ones. */
  mayGuess(): boolean {
    const now = this.#core.clock.now();
    if (now < this.#guessAtMs) return false;
    this.#guessAtMs = now + this.periodMs / 2;
    return true;
  }

  /** Goes on with the counts that this node has begun, or has found abandoned: each has one node that counts. */
  async goOn(): Promise<void> {
    for (const [key, owner] of [...this.#own]) {
      const { seenAtMs = Number.NEGATIVE_INFINITY } = this.#watched.get(key) ?? {};
      const isSeen = this.#core.clock.now() - seenAtMs < this.periodMs / 2;
      if (!isSeen) await this.#look(owner, { mayBegin: false });
    }
  }

  /**
   * Looks at an owner: begins its count, or adds to it what was watched of it. True when its time is over.
   * Nothing is counted while the owner lives.
   */
  async look(owner: Owner): Promise<boolean> {
    return await this.#look(owner, { mayBegin: true });
  }

  async #look(owner: Owner, { mayBegin }: { readonly mayBegin: boolean }): Promise<boolean> {
    const core = this.#core;
    const { quarantineMs } = core.config;
    if (quarantineMs === undefined) return false;
    const key = core.keys.quarantine(owner.node, owner.epoch);
    const askedAtMs = core.clock.now();
    const entry = await core.readKey(key);
    const seenAtMs = core.clock.now();
    if (entry === undefined) {
      this.#forget(key);
      if (mayBegin && (await this.#begin(owner, key))) this.#makeOwn(key, owner);
      return false;
    }
    const record = parseQuarantine(entry.value);
    if (record === undefined) {
      core.reportOnce("foreign", `${key} holds no record of this program: it is left alone`);
      return false;
    }
    if (record.elapsedMs >= quarantineMs) {
      this.#forget(key);
      return true;
    }
    const before = this.#watched.get(key);
    const isSame = before?.revision === entry.revision;
    // Another node counts. One that counts moves it at least each quarter of the quarantine.
    if (before !== undefined && !isSame) this.#own.delete(key);
    const firstAtMs = isSame ? before.firstAtMs : askedAtMs;
    if (askedAtMs - firstAtMs >= quarantineMs / 2) this.#makeOwn(key, owner);
    // From the last answer to this question the count stood still: the owner cannot have come back.
    const passedMs = isSame ? askedAtMs - before.seenAtMs : 0;
    const isWatched = passedMs >= 0 && passedMs <= this.longestGapMs;
    const watchedMs = (isSame ? before.watchedMs : 0) + (isWatched ? passedMs : 0);
    if (this.#watched.size >= MOST) this.#watched.clear();
    this.#watched.set(key, { revision: entry.revision, firstAtMs, watchedMs, seenAtMs });
    const isWorthIt = watchedMs >= quarantineMs / 4 || record.elapsedMs + watchedMs >= quarantineMs;
    if (!isWorthIt) return false;
    return await this.#add(owner, entry, record, Math.floor(watchedMs));
  }

  #makeOwn(key: string, owner: Owner): void {
    if (this.#own.size < MOST_OWN) this.#own.set(key, owner);
  }

  #forget(key: string): void {
    this.#watched.delete(key);
    this.#own.delete(key);
  }

  /** Begins a count where the owner's time is over: its lease is gone, or its id was won again. True when it has. */
  async #begin(owner: Owner, key: string): Promise<boolean> {
    const over = await this.#over(owner);
    if (over === undefined) return false;
    const record: QuarantineRecord = { elapsedMs: 0, since: this.#core.highest.toString() };
    const { done } = await this.#core.transact(
      [asSeen(key, undefined), ...over],
      [{ put: key, value: JSON.stringify(record) }],
    );
    return done;
  }

  async #add(
    owner: Owner,
    entry: Entry,
    record: QuarantineRecord,
    watchedMs: number,
  ): Promise<boolean> {
    const over = await this.#over(owner);
    if (over === undefined) return false;
    const elapsedMs = record.elapsedMs + watchedMs;
    const { done } = await this.#core.transact(
      [asSeen(entry.key, entry), ...over],
      [{ put: entry.key, value: JSON.stringify({ ...record, elapsedMs }) }],
    );
    this.#watched.delete(entry.key);
    return done && elapsedMs >= (this.#core.config.quarantineMs ?? Number.POSITIVE_INFINITY);
  }

  /** What says that an owner's time is over; undefined where it may live. */
  async #over(owner: Owner): Promise<readonly Condition[] | undefined> {
    return await whatSaysOver(this.#core, owner);
  }
}

/** The conditions under which an owner's epoch is over; undefined where it is not. */
export async function whatSaysOver(
  core: Core,
  { node, epoch }: Owner,
): Promise<readonly Condition[] | undefined> {
  const entry = await core.readKey(core.keys.node(node));
  const record = entry === undefined ? undefined : parseNode(entry.value);
  if (entry !== undefined && record === undefined) return undefined;
  const isNode = asSeen(core.keys.node(node), entry);
  // An epoch that the id has left behind is over whether or not the node lives.
  if (record !== undefined && record.epoch > epoch) return [isNode];
  const alive = await core.readKey(core.keys.alive(node));
  if (alive !== undefined) return undefined;
  return [isNode, asSeen(core.keys.alive(node), undefined)];
}
