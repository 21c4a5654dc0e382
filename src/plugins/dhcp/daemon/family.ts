import type { Attachment, JsonValue } from "../../../spec/index.ts";
import type { LeaseRecord, StoredLeases } from "../lease-record.ts";
import type { GrantedLease, NetnsRef } from "../protocol.ts";

/** How long and how often a message is sent again, in milliseconds. */
export interface RetryPolicy {
  /** Longest wait for the grant of an offer, or of more time for a lease. */
  readonly timeoutMs: number;
  /** Longest pause between two messages. */
  readonly resendMaxMs: number;
  /** Longest search for an address. */
  readonly totalMs: number;
  /** Ask for answers by broadcast (IPv4). */
  readonly broadcast: boolean;
}

/** What is wanted of servers: a new lease, or one that is held already. */
export type Goal<R extends LeaseRecord> =
  | { readonly kind: "acquire" }
  /** The same address again, after a restart; more time from the server of the grant, or from any. */
  | { readonly kind: "reboot" | "renew" | "rebind"; readonly held: R };

/** What is wanted, and on which link of which attachment. */
export interface TransactionRequest<R extends LeaseRecord, Options> {
  readonly attachment: Attachment;
  readonly netns: NetnsRef;
  readonly options: Options;
  readonly goal: Goal<R>;
}

/** The judgement of an answer. */
export type Verdict<R extends LeaseRecord> =
  /** Not for this client, not expected now, or wrong; `reason` says what was wrong with one for it. */
  | { readonly kind: "ignored"; readonly reason?: string }
  /** There is a new message to send. */
  | { readonly kind: "progress" }
  | Conclusion<R>;

/** A verdict that ends the transaction. */
export type Conclusion<R extends LeaseRecord> =
  | { readonly kind: "bound"; readonly record: R }
  /** The server says no. */
  | { readonly kind: "refused"; readonly reason: string }
  /** What was granted is of no use; the record is there to release it. */
  | { readonly kind: "useless"; readonly reason: string; readonly record: R };

/** How a transaction ended. */
export type TransactionOutcome<R extends LeaseRecord> =
  | Conclusion<R>
  /** No server can be reached: the link is connected to nothing. */
  | { readonly kind: "cut" }
  /** No server answered, or none acceptably; `reasons` say why answers were not taken. */
  | { readonly kind: "silent"; readonly reasons: readonly string[] };

/** A client's side of one transaction on an open link. */
export interface Session<R extends LeaseRecord> extends Disposable {
  /** The link was down, and has been set up for the transaction. */
  readonly broughtUp: boolean;
  /** Whether the link has a carrier now. */
  hasCarrier(): boolean;
  /** Sends the message that is due; the time is that since the transaction began. */
  ask(elapsedMs: number): void;
  /** Begins again: the server that made the offer does not answer any more. */
  restart(): void;
  /** Judges the next answer that comes in time; "lost" when the link went down or away. */
  next(until: number, signal: AbortSignal): Promise<Verdict<R> | "time" | "lost">;
}

/** What differs between the leases of IPv4 and those of IPv6. */
export interface LeaseFamily<R extends LeaseRecord, Options> extends StoredLeases<R> {
  /** The content of a record's file, beside the attachment. */
  encode(record: R): JsonValue;
  /** The lease as the plugin receives it. */
  granted(record: R): GrantedLease;
  /** Names the server of the grant. */
  serverOf(record: R): string;
  /**
   * Exchanges messages with the servers on a link until one has granted or refused what is wanted, or
   * the time is over.
   * @throws NetnsGone, or the signal's reason
   */
  transact(
    request: TransactionRequest<R, Options>,
    retries: RetryPolicy,
    signal: AbortSignal,
  ): Promise<TransactionOutcome<R>>;
  /** Takes the address out of use: it is another machine's by now. */
  lose(record: R): void;
}

/** Options with which the lease of a record was requested. */
export type WithOptions<Options> = LeaseRecord & { readonly options: Options };
