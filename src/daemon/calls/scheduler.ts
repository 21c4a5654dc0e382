import { CallGroup, CallGroups } from "./group.ts";

/** What a call concerns, which decides what calls it waits for. */
export interface CallScope {
  /** Container ID; "" for calls that concern no container. */
  readonly container: string;
  readonly network: string;
  /** The call is a GC, which no other call of the network runs beside. */
  readonly collects: boolean;
  /** A plugin that the call delegates to, and that may take as long as it likes. */
  readonly delegate?: string | undefined;
}

/** How many calls may run at a time. */
export interface CallBounds {
  readonly running: number;
  readonly ofNetwork: number;
  readonly ofDelegate: number;
  /** Calls of one container that run or wait; only one of them runs. */
  readonly ofContainer: number;
}

/** What may end a call's waiting. */
export interface Patience {
  /** Another process can do the call, where waiting is in vain or takes too long. */
  readonly canReturn?: boolean;
  /** Aborted when nothing waits for the call's answer any more. */
  readonly signal?: AbortSignal;
}

/**
 * What became of a call: its work was done; or it was not begun, and is left to another process, or
 * its caller has gone.
 */
export type Outcome = "done" | "returned" | "left";

interface QueuedCall {
  readonly scope: CallScope;
  readonly groups: readonly CallGroup[];
  readonly enteredAt: number;
  readonly canReturn: boolean;
  /** Ends the wait. Set while the call waits. */
  wake: ((outcome: Outcome) => void) | undefined;
  /** How many earlier calls it still waits for. */
  blockers: number;
  readonly blocks: QueuedCall[];
}

/** The longest that a call waits for its turn where another process can do it, in milliseconds. */
export const WAIT_MS = 10_000;
/** Pause between two looks at the calls that wait, in milliseconds. */
const LOOK_MS = 200;

/**
 * Orders the calls: those of one container run one after the other as they came, whatever their
 * network; a GC runs alone in its network; all others run side by side, as many as their network and
 * their delegate may have. Most runtimes keep this order by themselves.
 *
 * A call that waits has touched nothing. It does not wait where calls that do not end have all
 * places, and nowhere for long: it is returned, so that another process does it.
 */
export class CallScheduler {
  readonly #bounds: CallBounds;
  readonly #all: CallGroup;
  readonly #networks: CallGroups;
  readonly #delegates: CallGroups;
  /** All calls that have not ended, in the order in which they came. */
  readonly #calls = new Set<QueuedCall>();
  /** Calls that wait only for a place. */
  readonly #ready = new Set<QueuedCall>();
  #running = 0;
  #look: NodeJS.Timeout | undefined;

  constructor(bounds: CallBounds) {
    this.#bounds = bounds;
    this.#all = new CallGroup(bounds.running);
    this.#networks = new CallGroups(bounds.ofNetwork);
    this.#delegates = new CallGroups(bounds.ofDelegate);
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#calls.size - this.#running;
  }

  /** Runs the work of a call when its turn has come. */
  async run(
    scope: CallScope,
    work: () => Promise<void>,
    { canReturn = false, signal }: Patience = {},
  ): Promise<Outcome> {
    const now = performance.now();
    const call = this.#enter(scope, now, canReturn);
    if (call.canReturn && this.#isInVain(call, now)) {
      this.#remove(call);
      return "returned";
    }
    if (call.blockers === 0 && hasPlace(call)) {
      this.#begin(call, now);
    } else {
      const outcome = await this.#turn(call, signal);
      if (outcome !== "done") return outcome;
    }
    try {
      await work();
      return "done";
    } finally {
      this.#end(call);
    }
  }

  #enter(scope: CallScope, enteredAt: number, canReturn: boolean): QueuedCall {
    const groups = [this.#all, this.#networks.of(scope.network)];
    if (scope.delegate !== undefined) groups.push(this.#delegates.of(scope.delegate));
    const call: QueuedCall = {
      ...{ scope, groups, enteredAt, wake: undefined, blockers: 0, blocks: [] },
      // A GC that another process did would not run alone.
      canReturn: canReturn && !scope.collects,
    };
    for (const earlier of this.#calls) {
      if (!conflict(earlier.scope, scope)) continue;
      earlier.blocks.push(call);
      call.blockers++;
    }
    this.#calls.add(call);
    return call;
  }

  /** Whether a call need not even begin to wait. */
  #isInVain({ scope, groups, blockers }: QueuedCall, now: number): boolean {
    if (groups.some((group) => group.isStuck(now))) return true;
    if (blockers < this.#bounds.ofContainer || scope.container === "") return false;
    let count = 0;
    for (const each of this.#calls) if (each.scope.container === scope.container) count++;
    return count > this.#bounds.ofContainer;
  }

  #begin({ groups }: QueuedCall, now: number): void {
    this.#running++;
    for (const group of groups) group.began(now);
  }

  #end(call: QueuedCall): void {
    const now = performance.now();
    this.#running--;
    for (const group of call.groups) group.ended(now);
    this.#remove(call);
  }

  #remove(call: QueuedCall): void {
    this.#calls.delete(call);
    this.#networks.leave(call.scope.network);
    if (call.scope.delegate !== undefined) this.#delegates.leave(call.scope.delegate);
    for (const later of call.blocks) {
      if (--later.blockers === 0 && later.wake !== undefined) this.#ready.add(later);
    }
    for (const ready of this.#ready) if (hasPlace(ready)) this.#wake(ready, "done");
  }

  async #turn(call: QueuedCall, signal: AbortSignal | undefined): Promise<Outcome> {
    const leave = (): void => this.#wake(call, "left");
    try {
      return await new Promise((resolve) => {
        call.wake = resolve;
        if (call.blockers === 0) this.#ready.add(call);
        this.#look ??= setTimeout(() => this.#lookAtWaiting(), LOOK_MS);
        signal?.addEventListener("abort", leave);
        if (signal?.aborted === true) leave();
      });
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  #wake(call: QueuedCall, outcome: Outcome): void {
    const { wake } = call;
    if (wake === undefined) return;
    call.wake = undefined;
    this.#ready.delete(call);
    if (outcome === "done") this.#begin(call, performance.now());
    else this.#remove(call);
    wake(outcome);
  }

  /** Returns the calls that wait in vain, or have waited for too long. */
  #lookAtWaiting(): void {
    const now = performance.now();
    for (const call of this.#calls) {
      if (call.wake === undefined || !call.canReturn) continue;
      const isVain = this.#ready.has(call) && call.groups.some((group) => group.isStuck(now));
      if (isVain || now - call.enteredAt >= WAIT_MS) this.#wake(call, "returned");
    }
    this.#look = this.waiting > 0 ? setTimeout(() => this.#lookAtWaiting(), LOOK_MS) : undefined;
  }
}

function hasPlace({ groups }: QueuedCall): boolean {
  return groups.every((group) => !group.isFull);
}

function conflict(one: CallScope, other: CallScope): boolean {
  if (one.container !== "" && one.container === other.container) return true;
  return (one.collects || other.collects) && one.network === other.network;
}
