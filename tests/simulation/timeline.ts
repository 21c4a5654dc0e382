/** Virtual time: what is due happens in order, and nothing happens between. */
import { drainMicrotasks } from "bun:jsc";

/** Something that is due. */
interface Due {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
  isOff: boolean;
}

/** Takes back what was put on the timeline; fine when it has happened. */
export type Cancel = () => void;

/**
 * The true time of a simulated world, in milliseconds. Work of one moment happens in the order in which it
 * was put there. After each, every promise that can go on goes on: `await` costs no time.
 */
export class Timeline {
  readonly #heap: Due[] = [];
  #now = 0;
  #order = 0;

  now(): number {
    return this.#now;
  }

  /** Does the work after so many milliseconds; negative ones count as none. */
  after(ms: number, work: () => void): Cancel {
    const due: Due = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      work,
      isOff: false,
    };
    push(this.#heap, due);
    return () => {
      due.isOff = true;
    };
  }

  /** Lets everything happen that is due until then. */
  runUntil(end: number): void {
    drainMicrotasks();
    for (let first = this.#heap[0]; first !== undefined && first.at <= end; first = this.#heap[0]) {
      pop(this.#heap);
      if (first.isOff) continue;
      this.#now = first.at;
      first.work();
      drainMicrotasks();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Lets time pass until the promise has ended, and gives its value. @throws what it rejects with */
  finish<T>(promise: Promise<T>, limitMs: number): T {
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
    promise.then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    const end = this.#now + limitMs;
    drainMicrotasks();
    while (outcome === undefined && this.#now < end) this.runUntil(this.#heap[0]?.at ?? end);
    if (outcome === undefined) throw new RangeError(`still waiting after ${limitMs} ms`);
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }
}

function before(left: Due, right: Due): boolean {
  return left.at === right.at ? left.order < right.order : left.at < right.at;
}

function push(heap: Due[], due: Due): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || before(above, due)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const right = heap[child + 1];
    let below = heap[child];
    if (right !== undefined && below !== undefined && before(right, below)) {
      child++;
      below = right;
    }
    if (below === undefined || before(last, below)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
}
