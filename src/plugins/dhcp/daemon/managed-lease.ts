import { errorText } from "../../../base/index.ts";
import { type Due, nextDue } from "../../../dhcp/index.ts";
import { link } from "../../../kernel/route/index.ts";
import { findLink, inNetns, NetnsGone, type OwnLink } from "../netns-ref.ts";
import type { LeaseRecord } from "../record.ts";
import { sinceBoot } from "./time.ts";
import {
  type RetryPolicy,
  runTransaction,
  type TransactionOutcome,
  type TransactionRequest,
} from "./transaction.ts";

/** A timer cannot wait longer; a lease may. */
const LONGEST_TIMER_MS = 0x7fffffff;

/** What a managed lease reports to its manager. */
export interface LeaseEvents {
  readonly retries: RetryPolicy;
  /** The lease has changed and has to be recorded. */
  renewed(lease: ManagedLease): void;
  /** Whether the lease is still recorded; a plugin that removed the record has released the lease. */
  isRecorded(lease: ManagedLease): boolean;
  /** The lease is over, for the reason given. */
  ended(lease: ManagedLease, reason: string): void;
  log(lease: ManagedLease, text: string): void;
}

/** A lease that is renewed in time: one timer, and sockets only during a transaction. */
export class ManagedLease {
  readonly #events: LeaseEvents;
  readonly #abort = new AbortController();
  #record: LeaseRecord;
  #lastTry: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<void> = Promise.resolve();
  /** The link at the last look, for events that name links by their index. */
  #link: OwnLink | undefined;

  constructor(record: LeaseRecord, events: LeaseEvents) {
    this.#record = record;
    this.#events = events;
  }

  get record(): LeaseRecord {
    return this.#record;
  }

  /** Whether a deleted link is the lease's, or its other end in another namespace. */
  concerns(index: number, mac: string | undefined): boolean {
    if (this.#link === undefined) return false;
    if (index === this.#link.linkIndex) return true;
    return index === this.#link.index && mac === this.#link.mac.toString();
  }

  /** Renews the lease from now on, when it is due. */
  begin(): void {
    this.look();
    this.#wait();
  }

  /** After a restart: asks for the same address, after a delay that spreads many leases. */
  confirm(delayMs: number): void {
    this.look();
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => this.#work(() => this.#reboot()), delayMs);
  }

  /** Looks whether the link is still there; ends the lease when it is not. */
  look(): void {
    try {
      const { netns, attachment } = this.#record;
      this.#link = inNetns(netns, (socket) => findLink(socket, attachment.ifName));
    } catch (error) {
      if (error instanceof NetnsGone) this.#end(error.message);
      else this.#events.log(this, errorText(error));
    }
  }

  /** Ends the renewals; resolves when no transaction is under way any more. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error("the lease is given up"));
    clearTimeout(this.#timer);
    await this.#busy;
  }

  #wait(): void {
    if (this.#abort.signal.aborted) return;
    const due = nextDue(this.#record.lease.times, this.#record.grantedAt, this.#lastTry);
    if (due.at === Infinity) return;
    const wait = Math.max(0, due.at - sinceBoot());
    if (wait > LONGEST_TIMER_MS) {
      this.#timer = setTimeout(() => this.#wait(), LONGEST_TIMER_MS);
    } else {
      this.#timer = setTimeout(() => this.#work(() => this.#do(due)), wait);
    }
  }

  #work(work: () => Promise<void>): void {
    this.#busy = work().catch((error: unknown) => {
      if (this.#abort.signal.aborted) return;
      if (error instanceof NetnsGone) this.#end(error.message);
      else {
        this.#events.log(this, errorText(error));
        this.#wait();
      }
    });
  }

  async #do({ what }: Due): Promise<void> {
    if (!this.#events.isRecorded(this)) {
      this.#end("it was released by somebody else");
      return;
    }
    const { times } = this.#record.lease;
    const now = sinceBoot();
    if (what === "expire" || now >= this.#record.grantedAt + times.expiryMs) {
      this.#lose("it has expired");
      return;
    }
    // After a long suspension of the machine the time to renew may be over.
    const rebinds = what === "rebind" || now >= this.#record.grantedAt + times.rebindMs;
    this.#lastTry = now;
    const address = this.#record.lease.address.ip;
    const { server } = this.#record.lease;
    const outcome = await this.#transact(
      rebinds ? { kind: "rebind", address } : { kind: "renew", address, server },
    );
    this.#conclude(outcome, rebinds ? "rebound" : "renewed");
  }

  async #reboot(): Promise<void> {
    const { lease, grantedAt } = this.#record;
    if (sinceBoot() >= grantedAt + lease.times.expiryMs) {
      this.#lose("it expired while no daemon ran");
      return;
    }
    const outcome = await this.#transact({ kind: "reboot", address: lease.address.ip });
    this.#conclude(outcome, "confirmed");
  }

  async #transact(goal: TransactionRequest["goal"]): Promise<TransactionOutcome> {
    const { attachment, netns, options, serverMac } = this.#record;
    const request = { attachment, netns, options, goal, serverMac };
    return await runTransaction(request, this.#events.retries, this.#abort.signal);
  }

  #conclude(outcome: TransactionOutcome, done: string): void {
    if (this.#abort.signal.aborted) return;
    if (outcome.kind === "refused") {
      this.#lose(outcome.reason);
      return;
    }
    if (outcome.kind === "bound") {
      const { lease, mac, serverMac, grantedAt } = outcome;
      // The container keeps the address it was given: only times and server may change.
      const address = this.#record.lease.address;
      this.#record = { ...this.#record, mac, serverMac, grantedAt, lease: { ...lease, address } };
      this.#lastTry = undefined;
      this.#events.renewed(this);
      this.#events.log(this, `${done} by ${lease.server.toString()}`);
    } else {
      const why = outcome.kind === "silent" ? outcome.reasons : [outcome.reason];
      const said = why.length === 0 ? "no answer" : why.join("; ");
      this.#events.log(this, `could not be ${done}: ${said}`);
    }
    this.#wait();
  }

  /** The address must not be used any more: sets the link down. */
  #lose(reason: string): void {
    const { netns, attachment } = this.#record;
    try {
      inNetns(netns, (socket) => {
        link.set(socket, findLink(socket, attachment.ifName).index, { up: false });
      });
    } catch (error) {
      if (!(error instanceof NetnsGone)) this.#events.log(this, errorText(error));
    }
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new Error(reason));
    clearTimeout(this.#timer);
    this.#events.ended(this, reason);
  }
}
