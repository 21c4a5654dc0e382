import { errorText } from "../base/index.ts";
import { decodeMessages } from "../kernel/netlink/index.ts";
import type { Netns } from "../kernel/netns/index.ts";
import { link, route } from "../kernel/route/index.ts";
import type { OverlayEvent } from "./event.ts";
import { OverlayEvents } from "./kernel-events.ts";
import { keepOnce, type Outcome } from "./round.ts";
import type { WantedOverlay } from "./wanted.ts";

export interface OverlayKeeperOptions {
  readonly network: string;
  /** The node's namespace; the calling thread's own when absent. It stays open as long as the keeper. */
  readonly netns?: Netns | undefined;
  /** File of this node's WireGuard key, which `WireguardKey.open` makes; for that kind alone. */
  readonly keyPath?: string | undefined;
  readonly report: (event: OverlayEvent) => void;
  /** Milliseconds between looks whether all still stands; 10 seconds when absent. */
  readonly checkMs?: number | undefined;
}

const CHECK_MS = 10_000;
/** Updates that come so close to each other are one; a fleet that starts sends hundreds. */
const PAUSE_MS = 50;
/** Where another program takes away again what was put back, pauses become as long as that. */
const LONGEST_PAUSE_MS = 10_000;
/** What another node has not said yet is a trouble after so long: a join takes a moment, and is none. */
const UNSAID_MS = 5000;
/** More troubles than an operator reads are a number. */
const TROUBLES_MAX = 20;

/**
 * Keeps the overlay of one network on this node as it is wanted: from the first `want` on, until it is
 * disposed of. What stands then stays, and a keeper that begins again with the same changes nothing.
 */
export class OverlayKeeper implements AsyncDisposable {
  readonly #options: OverlayKeeperOptions;
  readonly #endpoints = new Map<string, string>();
  readonly #events: OverlayEvents;
  /** Names of links whose events call for a look. */
  #links: ReadonlySet<string> = new Set();
  #wanted: WantedOverlay | undefined;
  #hasBegun = false;
  /** Whether the newest that is wanted was not tried yet. */
  #isNew = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #isOver = false;
  /** Between an event and the look that it calls for. */
  #pauseMs = PAUSE_MS;
  #troubles: readonly string[] = [];
  /** What other nodes have not said yet, and since when. */
  #unsaid: ReadonlyMap<string, number> = new Map();
  #waiting: (() => void)[] = [];
  /** How many changes the kernel was asked for: zero while all stands. */
  changes = 0;

  constructor(options: OverlayKeeperOptions) {
    this.#options = options;
    const heard = (bytes: Uint8Array): void => this.#heard(bytes);
    const lost = (): void => this.look();
    this.#events = new OverlayEvents({ heard, lost, netns: options.netns });
  }

  /** What stands in the way now, a sentence each. */
  get troubles(): readonly string[] {
    return this.#troubles;
  }

  /** The same in one text; undefined when all is well. */
  get trouble(): string | undefined {
    return this.#troubles.length === 0 ? undefined : this.#troubles.join("; ");
  }

  /**
   * What the overlay is to be from now on, made from a complete view of the fleet: what is not in it goes.
   * Before the first call nothing is changed.
   */
  want(wanted: WantedOverlay): void {
    if (wanted.network !== this.#options.network) {
      throw new RangeError(`this keeper is of network ${this.#options.network}`);
    }
    this.#wanted = wanted;
    this.#isNew = true;
    this.#due(this.#hasBegun ? PAUSE_MS : 0);
  }

  /** Looks soon whether all stands, as when a bridge was made. */
  look(): void {
    if (this.#wanted !== undefined) this.#due(this.#pauseMs);
  }

  /** Resolves when what was wanted last has been tried. */
  async settled(): Promise<void> {
    if (!this.#isNew || this.#isOver) return await this.#running;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the keeping; all stays as it stands. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#running;
    this.#events[Symbol.dispose]();
    this.#wake();
  }

  /**
   * The device, the bridges and the link between the nodes: what happens to them is looked at soon, and so are routes
   * that are gone, as when a program that manages the host's network takes those of others away.
   */
  #heard(bytes: Uint8Array): void {
    const isOurs = decodeMessages(bytes).some(
      ({ type, payload }) =>
        type === route.RTM_DELROUTE ||
        ((type === link.RTM_NEWLINK || type === link.RTM_DELLINK) &&
          this.#links.has(link.decodeLink(payload).name)),
    );
    if (isOurs) this.look();
  }

  #due(inMs: number): void {
    const at = performance.now() + inMs;
    // A running round looks by itself what is due next.
    if (this.#isOver || at >= this.#dueAt) return;
    this.#dueAt = at;
    clearTimeout(this.#timer);
    if (this.#running === undefined) this.#timer = setTimeout(() => this.#begin(), inMs);
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#running = this.#round().finally(() => {
      this.#running = undefined;
      const due = this.#dueAt;
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#due(Math.max(0, Math.min(due - performance.now(), this.#options.checkMs ?? CHECK_MS)));
      if (!this.#isNew) this.#wake();
    });
  }

  async #round(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    const isNew = this.#isNew;
    this.#isNew = false;
    const { netns, keyPath } = this.#options;
    let outcome: Outcome;
    try {
      this.#events.begin();
      outcome = await keepOnce(wanted, { netns, keyPath, endpoints: this.#endpoints });
      this.#links = outcome.links;
    } catch (error) {
      this.#endpoints.clear();
      outcome = { changes: 0, troubles: [errorText(error)], unsaid: [], links: this.#links };
    }
    this.changes += outcome.changes;
    this.#report(outcome, isNew);
  }

  /** What has not been said for long. */
  #overdue(unsaid: readonly string[]): string[] {
    const now = performance.now();
    this.#unsaid = new Map(unsaid.map((text) => [text, this.#unsaid.get(text) ?? now]));
    return unsaid.filter((text) => now - (this.#unsaid.get(text) ?? now) >= UNSAID_MS);
  }

  #report({ changes, troubles, unsaid }: Outcome, isNew: boolean): void {
    const { network, report } = this.#options;
    const before = new Set(this.#troubles);
    this.#troubles = bounded([...troubles, ...this.#overdue(unsaid)]);
    const now = new Set(this.#troubles);
    for (const trouble of now.difference(before)) {
      const text = `overlay of network ${network}: ${trouble}`;
      report({ kind: "overlay-trouble", text, isTrouble: true });
    }
    for (const trouble of before.difference(now)) {
      const text = `overlay of network ${network}: no longer so: ${trouble}`;
      report({ kind: "overlay-well", text, isTrouble: false });
    }
    if (isNew) return;
    this.#pauseMs = changes > 0 ? Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS) : PAUSE_MS;
    if (changes > 0) {
      const text = `overlay of network ${network}: ${changes} changes put back what was gone`;
      report({ kind: "overlay-repaired", text, isTrouble: false });
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function bounded(troubles: readonly string[]): string[] {
  const unique = [...new Set(troubles)];
  const more = unique.length - TROUBLES_MAX;
  return more <= 0 ? unique : [...unique.slice(0, TROUBLES_MAX), `and ${more} troubles more`];
}
