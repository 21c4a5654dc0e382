/** Asking other nodes for addresses, and waiting for their answers. */
import { under } from "../store/index.ts";
import { type Core, type KnownBlock, SessionOver } from "./core.ts";
import { subnetName } from "./lend.ts";
import { parseFill } from "./parse.ts";
import type { GivenRecord, WantRecord } from "./records.ts";
import type { Space } from "./space.ts";
import { ownersOf } from "./supply.ts";

/** So long an answer is waited for, in milliseconds; then the question is withdrawn. */
const PATIENCE_MS = 2000;
/** A node that had nothing, or did not answer, is left alone for so long. */
const COOL_MS = 1000;
/** Nodes that are asked at once for one subnet. */
const AT_ONCE = 3;
/** Counts of free addresses that are read at once. */
const PAGE = 64;
/** Addresses that are asked for at once. */
const MOST = 64;

export class Asking {
  readonly #core: Core;
  /** Questions without an answer, by their keys: when, of which node, and for what. */
  readonly #open: Map<
    string,
    { readonly atMs: number; readonly owner: string; readonly what: string }
  > = new Map();
  /** Nodes that have not answered the last question for something, by what it was. */
  readonly #silent: Map<string, string> = new Map();
  /** Until when nodes are left alone. */
  readonly #cooling: Map<string, number> = new Map();

  constructor(core: Core) {
    this.#core = core;
  }

  get isWaiting(): boolean {
    return this.#open.size > 0;
  }

  /** An answer has come. */
  answered({ from, prefix, refused }: GivenRecord): void {
    for (const [key, { owner, what }] of this.#open) {
      // A gift does not name what was asked for: it answers all that this node was asked.
      if (owner !== from || (refused !== undefined && what !== prefix)) continue;
      this.#open.delete(key);
      this.#silent.delete(what);
    }
    if (refused?.length && prefix.startsWith("subnet ")) this.#cool(from);
  }

  /** Withdraws what has not been answered for long. */
  async withdrawOld(): Promise<void> {
    const core = this.#core;
    for (const [key, { atMs, owner, what }] of this.#open) {
      if (core.clock.now() - atMs < PATIENCE_MS) continue;
      await core.transact([], [{ delete: key }]);
      this.#open.delete(key);
      this.#silent.set(what, owner);
      this.#cool(owner);
    }
  }

  /** The node that has one address or a name, and has not answered for so long; undefined where none is silent. */
  silentOwner(what: string): string | undefined {
    return this.#silent.get(what);
  }

  /** Nothing is waited for any more. */
  forgetSilence(): void {
    this.#silent.clear();
  }

  /** Asks nodes that have free addresses, or where none is known to, some that have blocks. */
  async askAny(space: Space, used: readonly KnownBlock[], waiting: number): Promise<void> {
    const what = subnetName(space.index);
    const asked = new Set(
      [...this.#open.values()].flatMap((open) => (open.what === what ? open.owner : [])),
    );
    const fit = (owner: string): boolean => {
      const isCool = (this.#cooling.get(owner) ?? 0) <= this.#core.clock.now();
      return owner !== this.#core.node && isCool && !asked.has(owner);
    };
    const { rich, poor } = await this.#fills(space);
    const known = rich.filter(fit);
    const others = ownersOf(this.#core, used)
      .map(({ node }) => node)
      .filter((owner) => fit(owner) && !poor.has(owner));
    const owners = known.length > 0 ? known : others;
    const count = Math.min(MOST, Math.max(1, 2 * waiting));
    for (let asks = asked.size; asks < AT_ONCE && owners.length > 0; asks++) {
      // Those with the most come first, but not the same one for all that ask.
      const place = Math.floor(this.#core.chance() * Math.min(owners.length, 8));
      const [owner] = owners.splice(place, 1);
      if (owner !== undefined) await this.ask(owner, what, { subnet: space.index, count });
    }
  }

  /** Asks one node; nothing where that question is open. */
  async ask(owner: string, what: string, want: Omit<WantRecord, "epoch">): Promise<void> {
    const core = this.#core;
    const key = core.keys.want(owner, core.node, what);
    if (this.#open.has(key)) return;
    const value = JSON.stringify({ epoch: core.won.owner.epoch, ...want });
    const { done } = await core.transact([], [{ put: key, value }]);
    if (!done) throw new SessionOver("a question was not to be asked");
    this.#open.set(key, { atMs: core.clock.now(), owner, what });
  }

  /** Nodes that have free addresses in a subnet, the most first, and those that have none. */
  async #fills(
    space: Space,
  ): Promise<{ readonly rich: string[]; readonly poor: ReadonlySet<string> }> {
    const { keys, node, chance } = this.#core;
    const all = under(keys.fills);
    const end = "end" in all ? all.end : "";
    // From a place of chance, and from the first one where that is the end.
    const place = `${keys.fills}${Math.floor(chance() * 36).toString(36)}`;
    const late = await this.#core.read({ from: place, end, limit: PAGE });
    const early = await this.#core.read({ from: keys.fills, end: place, limit: PAGE });
    const fills = [...late.entries, ...early.entries].flatMap((entry) => {
      const record = parseFill(entry.value);
      const id = entry.key.slice(keys.fills.length);
      return record === undefined || id === node
        ? []
        : [{ id, free: record.free[space.index] ?? 0 }];
    });
    fills.sort((one, other) => other.free - one.free);
    return {
      rich: fills.filter(({ free }) => free > 0).map(({ id }) => id),
      poor: new Set(fills.filter(({ free }) => free === 0).map(({ id }) => id)),
    };
  }

  #cool(owner: string): void {
    const { clock, chance } = this.#core;
    for (const [node, untilMs] of this.#cooling) {
      if (untilMs <= clock.now()) this.#cooling.delete(node);
    }
    this.#cooling.set(owner, clock.now() + COOL_MS * (0.5 + chance()));
  }
}
