import { errorText } from "../../../base/index.ts";
import { type Due, nextDue } from "../../../dhcp/index.ts";
import { link } from "../../../kernel/route/index.ts";
import { atPlace, findLink, type OwnLink, PlaceGone } from "../place.ts";
import type { LeaseRecord } from "../record.ts";
import { sinceBoot } from "./clock.ts";
import { converse, type Ending, type Patience } from "./converse.ts";

/** A timer cannot wait longer; a lease may. */
const LONGEST_TIMER_MS = 0x7fffffff;

/** What a held lease tells the book that it stands in. */
export interface Keeper {
  readonly patience: Patience;
  /** The lease has changed: it is to be written down. */
  renewed(held: HeldLease): void;
  /** Whether the lease is still written down: who removed that has released it. */
  isWritten(held: HeldLease): boolean;
  /** The lease is over, for the reason given. */
  ended(held: HeldLease, reason: string): void;
  log(held: HeldLease, text: string): void;
}

/** A lease that is kept alive: one timer, and sockets only while its server is talked to. */
export class HeldLease {
  readonly #keeper: Keeper;
  readonly #abort = new AbortController();
  #record: LeaseRecord;
  #lastTry: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<void> = Promise.resolve();
  /** As it was last looked at, for events that name links by their index. */
  #link: OwnLink | undefined;

  constructor(record: LeaseRecord, keeper: Keeper) {
    this.#record = record;
    this.#keeper = keeper;
  }

  get record(): LeaseRecord {
    return this.#record;
  }

  /** Whether a link that is gone is the lease's, or its other end in another namespace. */
  concerns(index: number, mac: string | undefined): boolean {
    if (this.#link === undefined) return false;
    if (index === this.#link.linkIndex) return true;
    return index === this.#link.index && mac === this.#link.mac.toString();
  }

  /** Sees to it that the lease is renewed from now on. */
  begin(): void {
    this.look();
    this.#wait();
  }

  /** After a restart: the same address is asked for, a little later when there are many. */
  confirm(delayMs: number): void {
    this.look();
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => this.#work(() => this.#reboot()), delayMs);
  }

  /** Looks whether the link is still there; ends the lease when it is not. */
  look(): void {
    try {
      const { netns, attachment } = this.#record;
      this.#link = atPlace(netns, (socket) => findLink(socket, attachment.ifName));
    } catch (error) {
      if (error instanceof PlaceGone) this.#end(error.message);
      else this.#keeper.log(this, text(error));
    }
  }

  /** Ends the care for the lease; resolves when nothing is under way any more. */
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
      if (error instanceof PlaceGone) this.#end(error.message);
      else {
        this.#keeper.log(this, text(error));
        this.#wait();
      }
    });
  }

  async #do({ what }: Due): Promise<void> {
    if (!this.#keeper.isWritten(this)) {
      this.#end("it was released by somebody else");
      return;
    }
    const { times } = this.#record.lease;
    const now = sinceBoot();
    if (what === "expire" || now >= this.#record.grantedAt + times.expiryMs) {
      this.#lose("it has expired");
      return;
    }
    // After a long sleep of the machine the time for this may be over.
    const rebinds = what === "rebind" || now >= this.#record.grantedAt + times.rebindMs;
    this.#lastTry = now;
    const address = this.#record.lease.address.ip;
    const { server } = this.#record.lease;
    const ending = await this.#converse(
      rebinds ? { kind: "rebind", address } : { kind: "renew", address, server },
    );
    this.#settle(ending, rebinds ? "rebound" : "renewed");
  }

  async #reboot(): Promise<void> {
    const { lease, grantedAt } = this.#record;
    if (sinceBoot() >= grantedAt + lease.times.expiryMs) {
      this.#lose("it expired while nobody cared for it");
      return;
    }
    const ending = await this.#converse({ kind: "reboot", address: lease.address.ip });
    this.#settle(ending, "confirmed");
  }

  async #converse(goal: Parameters<typeof converse>[0]["goal"]): Promise<Ending> {
    const { attachment, netns: place, options, serverMac } = this.#record;
    const topic = { attachment, place, options, goal, serverMac };
    return await converse(topic, this.#keeper.patience, this.#abort.signal);
  }

  #settle(ending: Ending, done: string): void {
    if (this.#abort.signal.aborted) return;
    if (ending.kind === "refused") {
      this.#lose(ending.reason);
      return;
    }
    if (ending.kind === "bound") {
      const { lease, mac, serverMac, grantedAt } = ending;
      // The container keeps the address it was given: only times and server may change.
      const address = this.#record.lease.address;
      this.#record = { ...this.#record, mac, serverMac, grantedAt, lease: { ...lease, address } };
      this.#lastTry = undefined;
      this.#keeper.renewed(this);
      this.#keeper.log(this, `${done} by ${lease.server.toString()}`);
    } else {
      const why = ending.kind === "silent" ? ending.reasons : [ending.reason];
      const said = why.length === 0 ? "no answer" : why.join("; ");
      this.#keeper.log(this, `could not be ${done}: ${said}`);
    }
    this.#wait();
  }

  /** The address may not be used any more: the link goes down. */
  #lose(reason: string): void {
    const { netns, attachment } = this.#record;
    try {
      atPlace(netns, (socket) => {
        link.set(socket, findLink(socket, attachment.ifName).index, { up: false });
      });
    } catch (error) {
      if (!(error instanceof PlaceGone)) this.#keeper.log(this, text(error));
    }
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new Error(reason));
    clearTimeout(this.#timer);
    this.#keeper.ended(this, reason);
  }
}

/** Names a lease in a map: attachments cannot have a slash in any of their names. */
export function keyOf({ containerId, network, ifName }: LeaseRecord["attachment"]): string {
  return `${containerId}/${network}/${ifName}`;
}

function text(error: unknown): string {
  return errorText(error);
}
