import { errorText } from "../../../base/index.ts";
import { type Due, nextDue } from "../../../dhcp/index.ts";
import { sinceBoot } from "../../../state/index.ts";
import type { LeaseRecord } from "../lease-record.ts";
import { findLink, inNetns, NetnsGone, type OwnLink } from "../netns-ref.ts";
import type { TransactionOutcome } from "./family.ts";

/** A timer cannot wait longer; a lease may. */
const LONGEST_TIMER_MS = 0x7fffffff;

/** What a managed lease reports to its manager. */
export interface LeaseEvents<R extends LeaseRecord> {
  /** Asks servers for the lease again. */
  transact(
    kind: "reboot" | "renew" | "rebind",
    held: R,
    signal: AbortSignal,
  ): Promise<TransactionOutcome<R>>;
  /** The lease has changed and has to be recorded. */
  renewed(lease: ManagedLease<R>): void;
  /** Whether the lease is still recorded; a plugin that removed the record has released the lease. */
  isRecorded(lease: ManagedLease<R>): boolean;
  /** The address must not be used any more. */
  lose(record: R): void;
  /** The lease is over, for the reason given. */
  ended(lease: ManagedLease<R>, reason: string): void;
  /** Names the server of a grant. */
  serverOf(record: R): string;
  log(lease: ManagedLease<R>, text: string): void;
}

/** A lease that is renewed in time: one timer, and sockets only during a transaction. */
export class ManagedLease<R extends LeaseRecord> {
  readonly #events: LeaseEvents<R>;
  readonly #abort = new AbortController();
  #record: R;
  #lastTry: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<void> = Promise.resolve();
  /** The link at the last look, for events that name links by their index. */
  #link: OwnLink | undefined;

  constructor(record: R, events: LeaseEvents<R>) {
    this.#record = record;
    this.#events = events;
  }

  get record(): R {
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
    const outcome = await this.#transact(rebinds ? "rebind" : "renew");
    this.#conclude(outcome, rebinds ? "rebound" : "renewed");
  }

  async #reboot(): Promise<void> {
    const { lease, grantedAt } = this.#record;
    if (sinceBoot() >= grantedAt + lease.times.expiryMs) {
      this.#lose("it expired while no daemon ran");
      return;
    }
    this.#conclude(await this.#transact("reboot"), "confirmed");
  }

  async #transact(kind: "reboot" | "renew" | "rebind"): Promise<TransactionOutcome<R>> {
    return await this.#events.transact(kind, this.#record, this.#abort.signal);
  }

  #conclude(outcome: TransactionOutcome<R>, done: string): void {
    if (this.#abort.signal.aborted) return;
    if (outcome.kind === "refused") {
      this.#lose(outcome.reason);
      return;
    }
    if (outcome.kind === "bound") {
      this.#record = outcome.record;
      this.#lastTry = undefined;
      this.#events.renewed(this);
      this.#events.log(this, `${done} by ${this.#events.serverOf(this.#record)}`);
    } else {
      this.#events.log(this, `could not be ${done}: ${reasonOf(outcome)}`);
    }
    this.#wait();
  }

  #lose(reason: string): void {
    try {
      this.#events.lose(this.#record);
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

function reasonOf(outcome: Exclude<TransactionOutcome<LeaseRecord>, { kind: "bound" }>): string {
  switch (outcome.kind) {
    case "cut":
      return "the link has no carrier";
    case "silent":
      return outcome.reasons.length === 0 ? "no answer" : outcome.reasons.join("; ");
    default:
      return outcome.reason;
  }
}
