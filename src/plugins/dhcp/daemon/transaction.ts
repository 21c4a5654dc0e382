import type { Mac } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import {
  type Client,
  decodeMessage,
  Exchange,
  type Goal,
  type Lease,
  type Outcome,
  resendDelays,
} from "../../../dhcp/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import type { AskedOptions, NetnsRef } from "../protocol.ts";
import { clientIdOf } from "../record.ts";
import { Wire } from "../wire.ts";
import { Inbox } from "./inbox.ts";
import { pause, sinceBoot } from "./time.ts";

/** How long and how often a message is sent again, in milliseconds. */
export interface RetryPolicy {
  /** Longest wait for the grant of an offer, or of more time for a lease. */
  readonly timeoutMs: number;
  /** Longest pause between two messages. */
  readonly resendMaxMs: number;
  /** Longest search for an address. */
  readonly totalMs: number;
  /** Ask for answers by broadcast. */
  readonly broadcast: boolean;
}

/** What is wanted, and on which link of which attachment. */
export interface TransactionRequest {
  readonly attachment: Attachment;
  readonly netns: NetnsRef;
  readonly options: AskedOptions;
  readonly goal: Goal;
  /** Next hop to the server, for messages to one. */
  readonly serverMac?: Mac | undefined;
}

/** How a transaction ended. */
export type TransactionOutcome =
  | {
      readonly kind: "bound";
      readonly lease: Lease;
      readonly mac: Mac;
      readonly serverMac: Mac;
      readonly grantedAt: number;
    }
  | { readonly kind: "refused"; readonly reason: string }
  | (Useless & { readonly mac: Mac; readonly serverMac: Mac })
  /** No server answered, or none acceptably; `reasons` say why answers were not taken. */
  | { readonly kind: "silent"; readonly reasons: readonly string[] };

type Useless = Extract<Outcome, { readonly kind: "useless" }>;

/** A link that has just come up may lose the first frame: the first repetition comes so soon. */
const EARLY_RESEND_MS = 250;
const REASONS_MAX = 3;

/**
 * Exchanges messages with the servers on a link until one has granted or refused what is wanted, or
 * the time is over.
 * @throws NetnsGone, or the signal's reason
 */
export async function runTransaction(
  request: TransactionRequest,
  retries: RetryPolicy,
  signal: AbortSignal,
): Promise<TransactionOutcome> {
  const { goal } = request;
  const totalMs = goal.kind === "acquire" ? retries.totalMs : retries.timeoutMs;
  const end = performance.now() + totalMs;
  const reasons = new Set<string>();
  for (;;) {
    using attempt = await Attempt.open(request, retries, reasons);
    const outcome = await attempt.run(end, signal);
    if (outcome !== undefined) return outcome;
    // The link went down meanwhile. It is looked up again, since its address may have changed.
    const left = end - performance.now();
    if (left <= 0) return { kind: "silent", reasons: [...reasons] };
    await Bun.sleep(Math.min(left, EARLY_RESEND_MS));
  }
}

interface Parts {
  readonly request: TransactionRequest;
  readonly retries: RetryPolicy;
  readonly reasons: Set<string>;
  readonly inbox: Inbox;
  readonly wire: Wire;
  readonly exchange: Exchange;
}

/** A transaction for as long as the link stays up, with its sockets. */
class Attempt implements Disposable {
  readonly #parts: Parts;
  readonly #began: number = performance.now();
  /** When the message was sent that the next answer belongs to. */
  #sentAt = 0;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(
    request: TransactionRequest,
    retries: RetryPolicy,
    reasons: Set<string>,
  ): Promise<Attempt> {
    const { attachment, netns, goal, options } = request;
    const inbox = new Inbox();
    const wire = await Wire.open({
      netns,
      ifName: attachment.ifName,
      ...(goal.kind === "acquire" ? {} : { address: goal.address }),
      received: (arrival) => inbox.put(arrival),
      lost: () => inbox.close(),
    });
    const client: Client = {
      mac: wire.link.mac,
      clientId: clientIdOf(attachment),
      broadcast: retries.broadcast,
      provide: new Map(options.provide.map(([code, hex]) => [code, Buffer.from(hex, "hex")])),
      request: options.request,
    };
    const exchange = new Exchange(client, goal, randomXid());
    return new Attempt({ request, retries, reasons, inbox, wire, exchange });
  }

  /** undefined when the link was lost. */
  async run(end: number, signal: AbortSignal): Promise<TransactionOutcome | undefined> {
    let delays = this.#delays(this.#parts.wire.broughtUp);
    let grantBy = Infinity;
    for (;;) {
      signal.throwIfAborted();
      const now = performance.now();
      if (now >= end) return { kind: "silent", reasons: [...this.#parts.reasons] };
      if (now >= grantBy) {
        this.#note("no answer to a request");
        this.#parts.exchange.restart();
        grantBy = Infinity;
      }
      this.#send();
      const until = Math.min(now + delays.next().value, end, grantBy);
      const received = await this.#listen(until, signal);
      if (received === "lost") return undefined;
      if (received === "time") continue;
      if (received.kind === "progress") {
        delays = this.#delays(false);
        grantBy = performance.now() + this.#parts.retries.timeoutMs;
      } else if (received.kind === "refused" && this.#parts.request.goal.kind === "acquire") {
        this.#note(received.reason);
        this.#parts.exchange.restart();
        grantBy = Infinity;
        await pause(Math.min(delays.next().value, Math.max(0, end - performance.now())), signal);
      } else {
        return received;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#parts.wire[Symbol.dispose]();
  }

  *#delays(early: boolean): Generator<number, never> {
    if (early) yield EARLY_RESEND_MS;
    return yield* resendDelays(this.#parts.retries.resendMaxMs, Math.random);
  }

  #send(): void {
    const seconds = Math.floor((performance.now() - this.#began) / 1000);
    const message = this.#parts.exchange.message(seconds);
    const { goal, serverMac } = this.#parts.request;
    this.#sentAt = sinceBoot();
    try {
      if (goal.kind === "renew" && serverMac !== undefined) {
        this.#parts.wire.unicast(message, goal.server, serverMac);
      } else {
        this.#parts.wire.broadcast(message);
      }
    } catch (error) {
      // The link is down. Either its loss is received too, or it comes back before the next message.
      this.#note(errorText(error));
    }
  }

  /** The next message that changes the state of the transaction, until the given time. */
  async #listen(
    until: number,
    signal: AbortSignal,
  ): Promise<"time" | "lost" | TransactionOutcome | { readonly kind: "progress" }> {
    for (;;) {
      const arrival = await this.#parts.inbox.take(until, signal);
      if (typeof arrival === "string") return arrival;
      const message = decodeMessage(arrival.payload);
      if (message === undefined) continue;
      const outcome = this.#parts.exchange.receive(message);
      const from = { serverMac: arrival.sourceMac, mac: this.#parts.wire.link.mac };
      switch (outcome.kind) {
        case "ignored":
          if (outcome.reason !== undefined) this.#note(outcome.reason);
          break;
        case "bound":
          return { ...outcome, ...from, grantedAt: this.#sentAt };
        case "useless":
          return { ...outcome, ...from };
        default:
          return outcome;
      }
    }
  }

  #note(reason: string): void {
    if (this.#parts.reasons.size < REASONS_MAX) this.#parts.reasons.add(reason);
  }
}

function randomXid(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
