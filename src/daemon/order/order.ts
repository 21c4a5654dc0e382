/** Whom a call has to wait for. */
export interface Place {
  /** The call's container; "" for calls that concern none. */
  readonly container: string;
  readonly network: string;
  /** GC: no other call of the network may be under way meanwhile. */
  readonly collects: boolean;
}

interface Ticket {
  readonly place: Place;
  /** Set while it waits. */
  start: (() => void) | undefined;
  /** How many earlier ones it still waits for. */
  blockers: number;
  readonly blocks: Ticket[];
}

/**
 * The order in which calls are served: those of one container, whatever the network, one after the
 * other as they came; GC alone in its network; all others side by side, up to a limit. It is the
 * order that runtimes keep among themselves, here for those that keep none.
 */
export class Order {
  readonly #limit: number;
  /** All that have come and not left, in the order of their coming. */
  readonly #line = new Set<Ticket>();
  /** Those that wait only for a free place. */
  readonly #ready: Ticket[] = [];
  #running = 0;

  /** `limit`: how many may run at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#line.size - this.#running;
  }

  /** Runs the work when its turn has come: at once, if it has. */
  async run<T>(place: Place, work: () => Promise<T>): Promise<T> {
    const ticket = this.#enter(place);
    if (ticket.blockers > 0 || this.#running >= this.#limit) await this.#turn(ticket);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#leave(ticket);
    }
  }

  #enter(place: Place): Ticket {
    const ticket: Ticket = { place, start: undefined, blockers: 0, blocks: [] };
    for (const earlier of this.#line) {
      if (!conflict(earlier.place, place)) continue;
      earlier.blocks.push(ticket);
      ticket.blockers++;
    }
    this.#line.add(ticket);
    return ticket;
  }

  #turn(ticket: Ticket): Promise<void> {
    return new Promise((resolve) => {
      ticket.start = resolve;
      if (ticket.blockers === 0) this.#ready.push(ticket);
    });
  }

  #leave(ticket: Ticket): void {
    this.#line.delete(ticket);
    this.#running--;
    for (const later of ticket.blocks) {
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

function conflict(one: Place, other: Place): boolean {
  if (one.container !== "" && one.container === other.container) return true;
  return (one.collects || other.collects) && one.network === other.network;
}
