/** What a member does again and again, each part when it is due. */
import { confirm } from "./confirm.ts";
import { type Core, SessionOver } from "./core.ts";
import { Appetite, isLow, type Stock, takeStock } from "./demand.ts";
import { enter } from "./enter.ts";
import { Needs } from "./needs.ts";
import { publish } from "./publish.ts";
import { Quarantines } from "./quarantine.ts";
import { fetch } from "./supply.ts";

export class Rounds {
  readonly needs: Needs = new Needs();
  readonly #core: Core;
  readonly #quarantines: Quarantines;
  readonly #appetites: readonly Appetite[];
  #confirmAtMs = 0;
  #trouble: string | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#quarantines = new Quarantines(core);
    this.#appetites = core.spaces.map(() => new Appetite(core));
  }

  /** Why an ADD would have to wait now; undefined where it would not. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  lookIntoMail(): void {}

  /** Reservations have changed: each round counts them. */
  countAgain(): void {}

  /** The store has failed: whether it is still the same is asked before it is believed. */
  suspect(): void {
    this.#core.session = undefined;
  }

  /** Milliseconds until the next round is due. */
  async round(): Promise<number> {
    const core = this.#core;
    if (core.session === undefined) await this.#begin();
    if (core.clock.now() >= this.#confirmAtMs) await this.#keep();
    await this.#supply(await takeStock(core));
    await publish(core);
    return Math.max(0, this.#confirmAtMs - core.clock.now());
  }

  async #begin(): Promise<void> {
    await enter(this.#core);
    this.#confirmAtMs = 0;
  }

  /** Renews the lease, and asks whether what the node holds is its own. */
  async #keep(): Promise<void> {
    const core = this.#core;
    if (!(await core.renew(core.won.lease))) {
      core.session = undefined;
      throw new SessionOver("the lease has ended");
    }
    await confirm(core);
    const periodMs = (core.config.leaseSeconds * 1000) / 3;
    this.#confirmAtMs = core.clock.now() + periodMs * (0.8 + core.chance() * 0.2);
  }

  async #supply(stocks: readonly Stock[]): Promise<void> {
    const core = this.#core;
    for (const stock of stocks) {
      const { space, free } = stock;
      const waiting = this.needs.countIn(space.index);
      if (!isLow(stock) && free >= waiting) {
        this.needs.served(space.index);
        continue;
      }
      const appetite = this.#appetites[space.index] ?? new Appetite(core);
      const { taken } = await fetch(
        core,
        this.#quarantines,
        space,
        appetite.blocks(stock, waiting),
      );
      appetite.had(taken);
      if (taken > 0) this.needs.served(space.index);
    }
  }
}
