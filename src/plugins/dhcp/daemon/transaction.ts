import { errorText } from "../../../base/index.ts";
import { resendDelays } from "../../../dhcp/index.ts";
import type { LeaseRecord } from "../lease-record.ts";
import type { Conclusion, RetryPolicy, Session, TransactionOutcome } from "./family.ts";
import { pause } from "./time.ts";

/** A link that has just come up may lose the first frame: the first repetition comes so soon. */
const EARLY_RESEND_MS = 250;
const REASONS_MAX = 3;
/** So long a network card may take to agree with its switch; what is cut off after it stays so. */
const CARRIER_MS = 6000;

/** A transaction, apart from what is said in it. */
export interface Transaction<R extends LeaseRecord> {
  /** Looks the link up and opens its sockets. */
  readonly open: () => Promise<Session<R>>;
  /** A new address is searched, from whatever server. */
  readonly searches: boolean;
  readonly retries: RetryPolicy;
}

/**
 * Exchanges messages until a server has granted or refused what is wanted, or the time is over.
 * @throws NetnsGone, or the signal's reason
 */
export async function runTransaction<R extends LeaseRecord>(
  transaction: Transaction<R>,
  signal: AbortSignal,
): Promise<TransactionOutcome<R>> {
  const { open, searches, retries } = transaction;
  const end = performance.now() + (searches ? retries.totalMs : retries.timeoutMs);
  const reasons = new Set<string>();
  for (;;) {
    using session = await open();
    const outcome = await new Attempt(session, transaction, reasons).run(end, signal);
    if (outcome !== undefined) return outcome;
    // The link went down meanwhile. It is looked up again, since its address may have changed.
    const left = end - performance.now();
    if (left <= 0) return { kind: "silent", reasons: [...reasons] };
    await Bun.sleep(Math.min(left, EARLY_RESEND_MS));
  }
}

/** A transaction for as long as the link stays up. */
class Attempt<R extends LeaseRecord> {
  readonly #session: Session<R>;
  readonly #transaction: Transaction<R>;
  readonly #reasons: Set<string>;
  readonly #began: number = performance.now();

  constructor(session: Session<R>, transaction: Transaction<R>, reasons: Set<string>) {
    this.#session = session;
    this.#transaction = transaction;
    this.#reasons = reasons;
  }

  /** undefined when the link was lost. */
  async run(end: number, signal: AbortSignal): Promise<TransactionOutcome<R> | undefined> {
    const { searches, retries } = this.#transaction;
    let delays = this.#delays(this.#session.broughtUp);
    let grantBy = Infinity;
    for (;;) {
      signal.throwIfAborted();
      const now = performance.now();
      if (now >= end) return { kind: "silent", reasons: [...this.#reasons] };
      const isLate = searches && now - this.#began >= CARRIER_MS;
      if (isLate && !this.#session.hasCarrier()) return { kind: "cut" };
      if (now >= grantBy) {
        this.#note("no answer to a request");
        this.#session.restart();
        grantBy = Infinity;
      }
      this.#send();
      const until = Math.min(now + delays.next().value, end, grantBy);
      const received = await this.#listen(until, signal);
      if (received === "lost") return undefined;
      if (received === "time") continue;
      if (received.kind === "progress") {
        delays = this.#delays(false);
        grantBy = performance.now() + retries.timeoutMs;
      } else if (received.kind === "refused" && searches) {
        this.#note(received.reason);
        this.#session.restart();
        grantBy = Infinity;
        await pause(Math.min(delays.next().value, Math.max(0, end - performance.now())), signal);
      } else {
        return received;
      }
    }
  }

  *#delays(early: boolean): Generator<number, never> {
    if (early) yield EARLY_RESEND_MS;
    return yield* resendDelays(this.#transaction.retries.resendMaxMs, Math.random);
  }

  #send(): void {
    try {
      this.#session.ask(performance.now() - this.#began);
    } catch (error) {
      // The link is down. Either its loss is received too, or it comes back before the next message.
      this.#note(errorText(error));
    }
  }

  /** The next answer that changes the state of the transaction, until the given time. */
  async #listen(
    until: number,
    signal: AbortSignal,
  ): Promise<"time" | "lost" | Conclusion<R> | { readonly kind: "progress" }> {
    for (;;) {
      const verdict = await this.#session.next(until, signal);
      if (typeof verdict === "string" || verdict.kind !== "ignored") return verdict;
      if (verdict.reason !== undefined) this.#note(verdict.reason);
    }
  }

  #note(reason: string): void {
    if (this.#reasons.size < REASONS_MAX) this.#reasons.add(reason);
  }
}

/** A number that tells a transaction from others. */
export function randomXid(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
