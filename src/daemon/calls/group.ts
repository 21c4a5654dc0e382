/** So long no call of a full group begins or ends before the group counts as stuck, in milliseconds. */
export const STUCK_MS = 1000;

/**
 * Calls that may stand in each other's way, and of which only so many run at a time: those of one
 * network, or of one delegate. A call that waits inside of its work, as for a lock, keeps its place.
 */
export class CallGroup {
  readonly #limit: number;
  #running = 0;
  /** When a call of the group last began or ended. */
  #movedAt = 0;
  /** Calls of the group that run or wait. */
  members = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#running >= this.#limit;
  }

  /** No place is free, and none has become free for so long that waiting for one is in vain. */
  isStuck(now: number): boolean {
    return this.isFull && now - this.#movedAt >= STUCK_MS;
  }

  began(now: number): void {
    this.#running++;
    this.#movedAt = now;
  }

  ended(now: number): void {
    this.#running--;
    this.#movedAt = now;
  }
}

/** The groups of one sort, such as those of networks, as long as they have members. */
export class CallGroups {
  readonly #limit: number;
  readonly #groups = new Map<string, CallGroup>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The group of a name, for a call that enters it. */
  of(name: string): CallGroup {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new CallGroup(this.#limit);
      this.#groups.set(name, group);
    }
    group.members++;
    return group;
  }

  /** To be called when a call leaves the group. */
  leave(name: string): void {
    const group = this.#groups.get(name);
    if (group !== undefined && --group.members === 0) this.#groups.delete(name);
  }
}
