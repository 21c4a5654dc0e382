/** A node's member: what `run` and `once` do, in rounds. */
import { StoreError } from "../store/index.ts";
import { termsOf } from "./agreement.ts";
import { Core, Refused, SessionOver, WentBack } from "./core.ts";
import { revise } from "./draft.ts";
import { Mailbox } from "./mailbox.ts";
import type { Member, MemberOptions, Need } from "./member-port.ts";
import { Rounds } from "./rounds.ts";

/** So long `once` rests between two looks for what it waits for. */
const LOOK_MS = 50;
/** Pauses after a round that failed, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** The member of a network on a node. */
export function createMember(options: MemberOptions): Member {
  return new NodeMember(options);
}

class NodeMember implements Member {
  readonly #core: Core;
  readonly #rounds: Rounds;
  #trouble: string | undefined = "this node has not joined the fleet yet";
  /** Until it ends, and not for one round. */
  #isRunning = false;
  #isWoken = false;
  #wake: () => void = () => undefined;
  #rested: AbortSignal | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  /** The last refusal, and since when it stands. */
  #waits: { readonly text: string; readonly sinceMs: number } | undefined;

  constructor(options: MemberOptions) {
    this.#core = new Core(options);
    this.#rounds = new Rounds(this.#core, () => {
      // The picture says no trouble from here on, whatever becomes of the rest of the round.
      this.#trouble = undefined;
    });
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  need(needs: readonly Need[]): void {
    this.#rounds.needs.replace(needs);
    this.#wakeUp();
  }

  changed(): void {
    this.#wakeUp();
  }

  doubt(): void {
    if (this.#rounds.doubt()) this.#wakeUp();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#core.signal = signal;
    this.#isRunning = true;
    const mailbox = new Mailbox(this.#core, () => {
      this.#rounds.lookIntoMail();
      this.#wakeUp();
    });
    const watching = mailbox.run(signal);
    while (!signal.aborted) {
      const restMs = await this.#round().catch((error: unknown) => this.#failed(error));
      if (!this.#isWoken) await this.#rest(restMs, signal);
      this.#isWoken = false;
    }
    await watching;
  }

  async once(needs: readonly Need[], signal: AbortSignal): Promise<void> {
    this.#core.signal = signal;
    this.#rounds.needs.replace(needs);
    for (;;) {
      try {
        await this.#round();
        if (this.#rounds.needs.isEmpty || signal.aborted) return;
      } catch (error) {
        const pauseMs = await this.#failed(error);
        if (signal.aborted || !(error instanceof SessionOver)) throw error;
        await this.#core.clock.sleep(pauseMs, signal);
      }
      this.#rounds.lookIntoMail();
      await this.#core.clock.sleep(LOOK_MS, signal);
    }
  }

  /** Milliseconds until the next round. */
  async #round(): Promise<number> {
    const restMs = await this.#rounds.round();
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#waits = undefined;
    await this.#say(this.#rounds.trouble);
    return restMs;
  }

  /** Notes why a round failed; milliseconds until the next one. */
  async #failed(error: unknown): Promise<number> {
    const core = this.#core;
    if (core.signal?.aborted) return 0;
    // What is no fault of the store, of another node or of this node's files is one of this program.
    const isOurs = error instanceof SessionOver || error instanceof WentBack;
    if (error instanceof StoreError) this.#rounds.suspect();
    if (error instanceof WentBack) core.session = undefined;
    const text = error instanceof Error ? error.message : String(error);
    if (!isOurs) {
      const isRefused = error instanceof Refused;
      if (isRefused && this.#isPassing(error)) core.reportOnce("waits", text, false);
      else core.reportOnce(isRefused ? "refused" : "failed", text);
      await this.#say(text, isRefused ? error : {}).catch(() => {
        // A disk without space keeps it from the picture, and not from the daemon's status.
        this.#trouble = text;
      });
    }
    const pauseMs = this.#pauseMs * (0.5 + core.chance());
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    return pauseMs;
  }

  /** Whether nothing is wrong yet: each start of the machine waits for the lease of the one before. */
  #isPassing({ message, passesInMs }: Refused): boolean {
    const now = this.#core.clock.now();
    if (this.#waits?.text !== message) this.#waits = { text: message, sinceMs: now };
    return now - this.#waits.sinceMs < passesInMs;
  }

  /** Notes in the picture why ADD has to wait. */
  async #say(
    trouble: string | undefined,
    {
      endsHold = false,
      isOfConfiguration = false,
    }: Partial<Pick<Refused, "endsHold" | "isOfConfiguration">> = {},
  ): Promise<void> {
    // The caller of a single round hears of it.
    const disagrees = isOfConfiguration && this.#isRunning;
    if (trouble === this.#trouble && !endsHold && !disagrees) return;
    const { clock, config } = this.#core;
    const disagreement = { terms: termsOf(config), boot: clock.boot, atMs: clock.now() };
    await revise(this.#core, (draft) => {
      const noted =
        disagrees && trouble !== undefined
          ? { disagreement: { ...disagreement, reason: trouble } }
          : {};
      // By a configuration with which the fleet has not agreed, nothing that the node holds is forgotten.
      if (draft.before !== undefined && draft.isOfOthers) {
        draft.picture = disagrees ? { ...draft.before, ...noted } : draft.before;
        return;
      }
      const { trouble: _, confirmed, ...picture } = draft.picture;
      draft.picture = {
        ...picture,
        ...(confirmed === undefined || endsHold ? {} : { confirmed }),
        ...(trouble === undefined ? {} : { trouble }),
        ...noted,
      };
    });
    this.#trouble = trouble;
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    // Most rests end by themselves: what can end one serves the next one as well.
    if (this.#rested === undefined || this.#rested.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      this.#rested = AbortSignal.any([signal, woken.signal]);
    }
    await this.#core.clock.sleep(ms, this.#rested);
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake();
  }
}
