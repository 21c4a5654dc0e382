/** The container and network of a call, which decide what calls it waits for. */
export interface CallScope {
  /** Container ID; "" for calls that concern no container. */
  readonly container: string;
  readonly network: string;
  /** The call is a GC, which no other call of the network runs beside. */
  readonly collects: boolean;
}

interface QueuedCall {
  readonly scope: CallScope;
  /** Set while the call waits. */
  start: (() => void) | undefined;
  /** How many earlier calls it still waits for. */
  blockers: number;
  readonly blocks: QueuedCall[];
}

/**
 * Orders the calls: those of one container run one after the other as they came, whatever their
 * network; a GC runs alone in its network; all others run side by side, up to a limit. Most runtimes
 * keep this order by themselves.
 */
export class CallScheduler {
  readonly #limit: number;
  /** All calls that have not ended, in the order in which they came. */
  readonly #calls = new Set<QueuedCall>();
  /** Calls that wait only for the number of running ones to fall. */
  readonly #ready: QueuedCall[] = [];
  #running = 0;

  /** `limit`: how many calls may run at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#calls.size - this.#running;
  }

  /** Runs the work of a call when its turn has come. */
  async run<T>(scope: CallScope, work: () => Promise<T>): Promise<T> {
    const call = this.#enter(scope);
    if (call.blockers > 0 || this.#running >= this.#limit) await this.#turn(call);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#leave(call);
    }
  }

  #enter(scope: CallScope): QueuedCall {
    const call: QueuedCall = { scope, start: undefined, blockers: 0, blocks: [] };
    for (const earlier of this.#calls) {
      if (!conflict(earlier.scope, scope)) continue;
      earlier.blocks.push(call);
      call.blockers++;
    }
    this.#calls.add(call);
    return call;
  }

  #turn(call: QueuedCall): Promise<void> {
    return new Promise((resolve) => {
      call.start = resolve;
      if (call.blockers === 0) this.#ready.push(call);
    });
  }

  #leave(call: QueuedCall): void {
    this.#calls.delete(call);
    this.#running--;
    for (const later of call.blocks) {
      if (--later.blockers === 0) this.#ready.push(later);
    }
    this.#startReady();
  }

  #startReady(): void {
    while (this.#running < this.#limit) {
      const next = this.#ready.shift();
      if (next === undefined) return;
      this.#running++;
      next.start?.();
    }
  }
}

function conflict(one: CallScope, other: CallScope): boolean {
  if (one.container !== "" && one.container === other.container) return true;
  return (one.collects || other.collects) && one.network === other.network;
}
