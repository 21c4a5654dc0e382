/** What a member does again and again, each part when it is due. */
import { Asking } from "./asking.ts";
import { confirm } from "./confirm.ts";
import { type Core, SessionOver } from "./core.ts";
import { Appetite, isLow, type Stock, takeStock } from "./demand.ts";
import { enter } from "./enter.ts";
import { Fill } from "./fill.ts";
import { Leftovers } from "./give-back.ts";
import { readInbox } from "./inbox.ts";
import { Losses } from "./losses.ts";
import type { Need } from "./member-port.ts";
import { serveName } from "./names.ts";
import { Needs } from "./needs.ts";
import { publish } from "./publish.ts";
import { Quarantines } from "./quarantine.ts";
import { refuse } from "./refusals.ts";
import { Successors } from "./successors.ts";
import { fetch } from "./supply.ts";
import { winAgain } from "./win-again.ts";
import { type Fate, type Servants, serveAddress } from "./wishes.ts";

/** Between two looks for addresses while ADDs wait, and without ADDs that wait, in milliseconds. */
const HUNGRY_MS = 250;
const SEEK_MS = 5000;
/** Between two questions of doubt, in milliseconds: a program that changes keys can raise many. */
const DOUBT_MS = 1000;
/** Between two words that this process has the session, each of them a write: four leases at most. */
const CONFIRMATIONS = 12;
/** While nothing is found and no ADD waits, looks become as rare as that. */
const LONGEST_SEEK_MS = 30_000;

export class Rounds {
  readonly needs: Needs = new Needs();
  readonly #core: Core;
  readonly #confirmed: () => void;
  readonly #quarantines: Quarantines;
  readonly #successors: Successors;
  readonly #appetites: readonly Appetite[];
  readonly #asking: Asking;
  readonly #fill: Fill;
  readonly #leftovers: Leftovers;
  readonly #losses: Losses;
  #hasMail = true;
  /** Mail has come since its reading began. */
  #isNewMail = false;
  /** The last key of the inbox that was read, where a round has left more of it. */
  #mailRest: string | undefined;
  #confirmAtMs = 0;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  /** The last question may be older than what was heard. */
  #isInDoubt = false;
  #successorsAtMs = 0;
  /** Confirmations until the next word. */
  #silent = CONFIRMATIONS;
  /** When addresses are looked for again after a search in vain: ahead of need, and while ADDs wait. */
  #seekAtMs = 0;
  #hungryAtMs = 0;
  #seekMs = SEEK_MS;
  #trouble: string | undefined;

  /** @param confirmed called when the store has said what the node holds: ADD may be served from then on */
  constructor(core: Core, confirmed: () => void) {
    this.#core = core;
    this.#confirmed = confirmed;
    this.#quarantines = new Quarantines(core);
    this.#successors = new Successors(core, this.#quarantines);
    this.#appetites = core.spaces.map(() => new Appetite(core));
    this.#asking = new Asking(core);
    this.#fill = new Fill(core);
    this.#leftovers = new Leftovers(core);
    this.#losses = new Losses(core);
  }

  /** Why an ADD would have to wait now; undefined where it would not. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  lookIntoMail(): void {
    [this.#hasMail, this.#isNewMail] = [true, true];
  }

  /**
   * What was heard says that the store gives a block of this node to no node, or to another one. It may be old or
   * wrong, and decides nothing: the store is asked sooner, by the same question as ever.
   * @returns false where that is known already
   */
  doubt(): boolean {
    if (this.#isInDoubt) return false;
    this.#isInDoubt = true;
    this.#confirmAtMs = Math.min(this.#confirmAtMs, this.#confirmedAtMs + DOUBT_MS);
    return true;
  }

  /** The store has failed: whether it is still the same is asked before it is believed. */
  suspect(): void {
    this.#core.session = undefined;
  }

  /** Milliseconds until the next round is due. */
  async round(): Promise<number> {
    const core = this.#core;
    if (core.session === undefined) {
      await enter(core);
      [this.#confirmAtMs, this.#hasMail] = [0, true];
      this.#losses.lookSoon();
      this.#silent = CONFIRMATIONS;
    }
    // A picture that is lost is made anew of what this process knows, and believed when the store says so.
    const isLost = (await core.files.read()) === undefined;
    if (isLost || core.clock.now() >= this.#confirmAtMs) await this.#keep();
    const stocks = core.won.haltRevision === undefined ? await this.#work() : await takeStock(core);
    await publish(core);
    this.#judge(stocks);
    return this.#restMs();
  }

  /** Renews the lease, and asks whether what the node holds is its own. */
  async #keep(): Promise<void> {
    const core = this.#core;
    this.#isInDoubt = false;
    if (!(await core.renew(core.won.lease))) {
      core.session = undefined;
      throw new SessionOver("the lease has ended");
    }
    if (--this.#silent <= 0) await this.#say();
    await confirm(core);
    this.#confirmed();
    const periodMs = (core.config.leaseSeconds * 1000) / 3;
    this.#confirmedAtMs = core.clock.now();
    const restMs = periodMs * (0.8 + core.chance() * 0.2);
    this.#confirmAtMs = this.#confirmedAtMs + (this.#isInDoubt ? DOUBT_MS : restMs);
  }

  /** Writes the next word of this process: a copy of this machine that runs as well sees that it is not alone. */
  async #say(): Promise<void> {
    const core = this.#core;
    const { won } = core;
    const aliveRevision = await core.say(won, core.guards());
    if (core.confirmedAlive === won.aliveRevision) core.confirmedAlive = aliveRevision;
    core.session = { ...won, aliveRevision };
    this.#silent = CONFIRMATIONS;
  }

  /** All that changes blocks. */
  async #work(): Promise<readonly Stock[]> {
    const core = this.#core;
    await winAgain(core);
    await this.#losses.winBack();
    if (this.#hasMail) await this.#readMail();
    await this.#asking.withdrawOld();
    for (const need of this.needs.special) {
      const fate = await serve(
        { core, asking: this.#asking, quarantines: this.#quarantines },
        need,
      );
      if (fate === "waiting") continue;
      if (fate !== "here") await refuse(core, need, fate.refused);
      this.needs.done(need);
    }
    let stocks = await takeStock(core);
    let taken = 0;
    for (const stock of stocks) taken += await this.#supply(stock);
    if (taken > 0) {
      // The others lead packets here once they know the gateway: that waits for nothing else.
      await publish(core);
      stocks = await takeStock(core);
    }
    for (const { space, free } of stocks) {
      if (free >= this.needs.countIn(space.index) && free > 0) this.needs.served(space.index);
    }
    await this.#leftovers.giveBack(stocks);
    await this.#fill.write(stocks);
    if (core.clock.now() >= this.#successorsAtMs) {
      await this.#successors.look();
      await this.#quarantines.goOn();
      this.#successorsAtMs = core.clock.now() + this.#quarantines.periodMs;
    }
    return stocks;
  }

  async #readMail(): Promise<void> {
    const from = this.#mailRest;
    this.#hasMail = false;
    if (from === undefined) this.#isNewMail = false;
    const isNeeded = (subnet: number): boolean => this.needs.countIn(subnet) > 0;
    const { wants, letters, rest } = await readInbox(this.#core, isNeeded, from);
    this.#mailRest = rest;
    // What has come before the place at which this reading began is read from the beginning.
    if (rest !== undefined || this.#isNewMail) this.#hasMail = true;
    if (wants > 0) this.#fill.isShort();
    for (const letter of letters) {
      this.#asking.answered(letter);
      const { refused } = letter;
      if (refused === undefined) continue;
      const need = this.needs.named(letter.prefix);
      if (need === undefined) continue;
      await refuse(this.#core, need, refused);
      this.needs.done(need);
    }
  }

  /** Fetches blocks ahead of need, and says how many pieces it got; asks other nodes where ADDs wait and no block is to be had. */
  async #supply(stock: Stock): Promise<number> {
    const core = this.#core;
    const { space, free } = stock;
    const waiting = this.needs.countIn(space.index);
    const isHungry = free < waiting;
    const now = core.clock.now();
    if (isHungry ? now < this.#hungryAtMs : !isLow(stock) || now < this.#seekAtMs) return 0;
    const appetite = this.#appetites[space.index];
    const blocks = appetite?.blocks(stock, waiting) ?? 1;
    const { taken, sight } = await fetch(core, this.#quarantines, space, blocks);
    if (taken > 0) {
      appetite?.had(taken);
      this.#seekMs = SEEK_MS;
      return taken;
    }
    this.#seekAtMs = core.clock.now() + this.#seekMs * (0.5 + core.chance());
    this.#seekMs = Math.min(2 * this.#seekMs, LONGEST_SEEK_MS);
    this.#hungryAtMs = core.clock.now() + (HUNGRY_MS / 2) * (0.5 + core.chance());
    // A node that has something asks for no more without an ADD that waits: the fleet's last free address
    // would wander from node to node.
    if (!isHungry && stock.size > 0) return 0;
    this.#fill.isShort();
    await this.#asking.askAny(space, sight.used, Math.max(1, waiting - free));
    return 0;
  }

  #judge(stocks: readonly Stock[]): void {
    const { title, won } = this.#core;
    const empty = stocks.find(({ free }) => free < 1);
    const why = won.haltReason ?? "it finds none";
    this.#trouble =
      this.#silence() ??
      (empty && `${title} has no free address of ${empty.space.subnet}, and ${why}`);
  }

  /** Why ADDs wait that want one address, or that of a name: the node that has it does not answer. */
  #silence(): string | undefined {
    const { special } = this.needs;
    if (special.length === 0) this.#asking.forgetSilence();
    for (const { address, sticky } of special) {
      const what = address?.toString() ?? sticky ?? "";
      const owner = this.#asking.silentOwner(what);
      if (owner !== undefined) return `node ${owner}, which has ${what}, does not answer`;
    }
    return undefined;
  }

  #restMs(): number {
    const { clock, chance, session } = this.#core;
    if (session?.haltRevision !== undefined) return Math.max(1, this.#confirmAtMs - clock.now());
    if (this.#hasMail) return HUNGRY_MS;
    const dueMs = Math.min(this.#confirmAtMs, this.#successorsAtMs) - clock.now();
    const isHungry = !this.needs.isEmpty || this.#asking.isWaiting;
    const soonMs = isHungry ? HUNGRY_MS * (0.5 + chance()) : Number.POSITIVE_INFINITY;
    return Math.max(0, Math.min(dueMs, soonMs, SEEK_MS));
  }
}

/** Serves an ADD that wants one address and no other, or the address of a name. */
async function serve(servants: Servants, { sticky, address }: Need): Promise<Fate> {
  if (sticky !== undefined) return await serveName(servants, sticky);
  return address === undefined ? "here" : await serveAddress(servants, address);
}
