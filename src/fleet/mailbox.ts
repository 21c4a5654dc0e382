/** Watches what other nodes send to this one. */
import { StoreError, under } from "../store/index.ts";
import type { Core } from "./core.ts";

/** Pauses after a watch that failed, in milliseconds. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

export class Mailbox {
  readonly #core: Core;
  readonly #hasMail: () => void;

  constructor(core: Core, hasMail: () => void) {
    this.#core = core;
    this.#hasMail = hasMail;
  }

  /** Until the signal: says when there may be mail. A watch that lost its place begins with a look. */
  async run(signal: AbortSignal): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        await this.#watch(signal, () => {
          pauseMs = FIRST_PAUSE_MS;
        });
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
      await this.#core.clock.sleep(pauseMs * (0.5 + this.#core.chance()), signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async #watch(signal: AbortSignal, isWell: () => void): Promise<void> {
    const { store, keys, node } = this.#core;
    const mail = under(keys.inbox(node));
    const { entries, revision } = await store.read(mail, { signal });
    if (entries.length > 0) this.#hasMail();
    for await (const { events } of store.watch(mail, revision + 1n, { signal })) {
      isWell();
      if (events.some(({ kind }) => kind === "put")) this.#hasMail();
    }
  }
}
