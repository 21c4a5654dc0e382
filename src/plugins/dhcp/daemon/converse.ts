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
import type { AskedOptions, NetnsPlace } from "../protocol.ts";
import { clientIdOf } from "../record.ts";
import { Wire } from "../wire.ts";
import { sinceBoot } from "./clock.ts";
import { Inbox, pause } from "./inbox.ts";

/** How long and how often servers are asked, in milliseconds. */
export interface Patience {
  /** How long the grant of an offer, or more time for a lease, is waited for. */
  readonly timeoutMs: number;
  /** Longest pause between two messages. */
  readonly resendMaxMs: number;
  /** Longest search for an address. */
  readonly totalMs: number;
  /** Ask for answers by broadcast. */
  readonly broadcast: boolean;
}

export interface Topic {
  readonly attachment: Attachment;
  readonly place: NetnsPlace;
  readonly options: AskedOptions;
  readonly goal: Goal;
  /** Next hop to the server, for messages to one. */
  readonly serverMac?: Mac | undefined;
}

/** How a conversation ended. */
export type Ending =
  | {
      readonly kind: "bound";
      readonly lease: Lease;
      readonly mac: Mac;
      readonly serverMac: Mac;
      readonly grantedAt: number;
    }
  | { readonly kind: "refused"; readonly reason: string }
  | (Useless & { readonly mac: Mac; readonly serverMac: Mac })
  /** Nobody answered; `reasons` are those for which answers were not taken. */
  | { readonly kind: "silent"; readonly reasons: readonly string[] };

type Useless = Extract<Outcome, { readonly kind: "useless" }>;

/** A link that has just come up may lose the first frame: this much later it is sent again. */
const EARLY_RESEND_MS = 250;
const REASONS_MAX = 3;

/**
 * Talks with the servers on a link until one has granted or refused what is wanted, or the
 * patience is at an end. Throws PlaceGone, or the signal's reason.
 */
export async function converse(
  topic: Topic,
  patience: Patience,
  signal: AbortSignal,
): Promise<Ending> {
  const { goal } = topic;
  const totalMs = goal.kind === "acquire" ? patience.totalMs : patience.timeoutMs;
  const end = performance.now() + totalMs;
  const reasons = new Set<string>();
  for (;;) {
    using conversation = await Conversation.open(topic, patience, reasons);
    const ending = await conversation.run(end, signal);
    if (ending !== undefined) return ending;
    // The link went down meanwhile: it is looked at anew, its address may be another one now.
    const left = end - performance.now();
    if (left <= 0) return { kind: "silent", reasons: [...reasons] };
    await Bun.sleep(Math.min(left, EARLY_RESEND_MS));
  }
}

interface Parts {
  readonly topic: Topic;
  readonly patience: Patience;
  readonly reasons: Set<string>;
  readonly inbox: Inbox;
  readonly wire: Wire;
  readonly exchange: Exchange;
}

class Conversation implements Disposable {
  readonly #topic: Topic;
  readonly #patience: Patience;
  readonly #reasons: Set<string>;
  readonly #inbox: Inbox;
  readonly #began: number = performance.now();
  readonly #wire: Wire;
  readonly #exchange: Exchange;
  /** When the message was sent that an answer would answer. */
  #sentAt = 0;

  private constructor(parts: Parts) {
    this.#topic = parts.topic;
    this.#patience = parts.patience;
    this.#reasons = parts.reasons;
    this.#inbox = parts.inbox;
    this.#wire = parts.wire;
    this.#exchange = parts.exchange;
  }

  static async open(topic: Topic, patience: Patience, reasons: Set<string>): Promise<Conversation> {
    const { attachment, place, goal, options } = topic;
    const inbox = new Inbox();
    const wire = await Wire.open({
      ...{ place, ifName: attachment.ifName },
      ...(goal.kind === "acquire" ? {} : { address: goal.address }),
      heard: (arrival) => inbox.put(arrival),
      lost: () => inbox.close(),
    });
    const client: Client = {
      mac: wire.link.mac,
      clientId: clientIdOf(attachment),
      broadcast: patience.broadcast,
      provide: new Map(options.provide.map(([code, hex]) => [code, Buffer.from(hex, "hex")])),
      request: options.request,
    };
    const exchange = new Exchange(client, goal, randomXid());
    return new Conversation({ topic, patience, reasons, inbox, wire, exchange });
  }

  /** undefined when the link was lost. */
  async run(end: number, signal: AbortSignal): Promise<Ending | undefined> {
    let delays = this.#delays(this.#wire.broughtUp);
    let grantBy = Infinity;
    for (;;) {
      signal.throwIfAborted();
      const now = performance.now();
      if (now >= end) return { kind: "silent", reasons: [...this.#reasons] };
      if (now >= grantBy) {
        this.#note("no answer to a request");
        this.#exchange.restart();
        grantBy = Infinity;
      }
      this.#send();
      const until = Math.min(now + delays.next().value, end, grantBy);
      const heard = await this.#listen(until, signal);
      if (heard === "lost") return undefined;
      if (heard === "time") continue;
      if (heard.kind === "progress") {
        delays = this.#delays(false);
        grantBy = performance.now() + this.#patience.timeoutMs;
      } else if (heard.kind === "refused" && this.#topic.goal.kind === "acquire") {
        this.#note(heard.reason);
        this.#exchange.restart();
        grantBy = Infinity;
        await pause(Math.min(delays.next().value, Math.max(0, end - performance.now())), signal);
      } else {
        return heard;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }

  *#delays(early: boolean): Generator<number, never> {
    if (early) yield EARLY_RESEND_MS;
    return yield* resendDelays(this.#patience.resendMaxMs, Math.random);
  }

  #send(): void {
    const seconds = Math.floor((performance.now() - this.#began) / 1000);
    const message = this.#exchange.message(seconds);
    const { goal, serverMac } = this.#topic;
    this.#sentAt = sinceBoot();
    try {
      if (goal.kind === "renew" && serverMac !== undefined) {
        this.#wire.unicast(message, goal.server, serverMac);
      } else {
        this.#wire.broadcast(message);
      }
    } catch (error) {
      // The link is down: its loss is heard as well, or it comes back before the next try.
      this.#note(errorText(error));
    }
  }

  /** What was heard that matters, until the given time. */
  async #listen(
    until: number,
    signal: AbortSignal,
  ): Promise<"time" | "lost" | Ending | { readonly kind: "progress" }> {
    for (;;) {
      const arrival = await this.#inbox.take(until, signal);
      if (typeof arrival === "string") return arrival;
      const message = decodeMessage(arrival.payload);
      if (message === undefined) continue;
      const outcome = this.#exchange.receive(message);
      const from = { serverMac: arrival.sourceMac, mac: this.#wire.link.mac };
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
    if (this.#reasons.size < REASONS_MAX) this.#reasons.add(reason);
  }
}

function randomXid(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
