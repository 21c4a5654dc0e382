import { errorText } from "../../../base/index.ts";
import { address } from "../../../kernel/route/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, tryAgain } from "../../../state/index.ts";
import type { OwnerStore } from "../../../state/owner/index.ts";
import { keyOf } from "../lease-record.ts";
import { findLink, inNetns, isSameNetns, NetnsGone, noCarrier } from "../netns-ref.ts";
import type { GrantedLease, NetnsRef } from "../protocol.ts";
import type { LeaseFamily, RetryPolicy, TransactionOutcome, WithOptions } from "./family.ts";
import { type LeaseEvents, ManagedLease } from "./managed-lease.ts";

/** Pause between the first transactions of leases that a new daemon takes over. */
const CONFIRM_SPACING_MS = 20;

export interface LeaseManagerOptions<R extends WithOptions<Options>, Options> {
  readonly family: LeaseFamily<R, Options>;
  readonly store: OwnerStore;
  readonly retries: RetryPolicy;
  readonly log: (text: string) => void;
}

/** What a plugin wants a lease for. */
export interface WantedLease<Options> {
  readonly attachment: Attachment;
  readonly netns: NetnsRef;
  readonly options: Options;
}

/** The leases of one family that this daemon renews. */
export class LeaseManager<R extends WithOptions<Options>, Options> implements LeaseEvents<R> {
  readonly #family: LeaseFamily<R, Options>;
  readonly #retries: RetryPolicy;
  readonly #store: OwnerStore;
  readonly #log: (text: string) => void;
  readonly #leases = new Map<string, ManagedLease<R>>();
  /** Transactions of ADDs under way, to be ended by a DEL. */
  readonly #searches = new Map<string, AbortController>();

  constructor(options: LeaseManagerOptions<R, Options>) {
    this.#family = options.family;
    this.#store = options.store;
    this.#retries = options.retries;
    this.#log = options.log;
  }

  /** Takes over the leases that an earlier daemon has recorded. */
  adopt(): void {
    let position = 0;
    for (const { network, containerId, ifName, isStale, data } of this.#store.all()) {
      const attachment = { network, containerId, ifName };
      const record = isStale ? undefined : this.#family.decode(attachment, data);
      if (record === undefined) {
        this.#store.remove(attachment); // of an earlier boot, whose containers are gone
        continue;
      }
      const lease = new ManagedLease<R>(record, this);
      this.#leases.set(keyOf(attachment), lease);
      this.log(lease, "taken over");
      lease.confirm(CONFIRM_SPACING_MS * position++);
    }
  }

  /** The lease of an attachment: the one it has, or a new one. */
  async add(wanted: WantedLease<Options>, signal: AbortSignal): Promise<GrantedLease> {
    const key = keyOf(wanted.attachment);
    if (this.#searches.has(key)) throw tryAgain("an ADD of this attachment is under way");
    const search = new AbortController();
    const abort = (): void => search.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#searches.set(key, search);
    try {
      const present = await this.#present(wanted);
      return this.#family.granted(present ?? (await this.#acquire(wanted, search.signal)));
    } catch (error) {
      throw error instanceof NetnsGone ? netnsError(error) : error;
    } finally {
      this.#searches.delete(key);
      signal.removeEventListener("abort", abort);
    }
  }

  /**
   * The lease that ADD has given.
   * @throws CniError of code 100 when it is not in use as given
   */
  check(attachment: Attachment): GrantedLease {
    const managed = this.#leases.get(keyOf(attachment));
    if (managed === undefined) throw differs("no lease is held for this attachment");
    const { netns, lease } = managed.record;
    try {
      inNetns(netns, (socket) => {
        const { index } = findLink(socket, attachment.ifName);
        const present = address.list(socket, { index, family: this.#family.family });
        if (!present.some(({ prefix }) => prefix.equals(lease.address))) {
          throw differs(`address ${lease.address.toString()} is missing on ${attachment.ifName}`);
        }
      });
    } catch (error) {
      if (!(error instanceof NetnsGone)) throw error;
      managed.look();
      throw differs(error.message);
    }
    return this.#family.granted(managed.record);
  }

  /** Releases the lease and ends a search for one; none is fine. */
  async del(attachment: Attachment): Promise<void> {
    const search = this.#searches.get(keyOf(attachment));
    search?.abort(tryAgain("ended by a DEL"));
    await this.#giveUp(attachment);
  }

  list(network: string): Attachment[] {
    return [...this.#leases.values()]
      .map(({ record }) => record.attachment)
      .filter((attachment) => attachment.network === network);
  }

  /** A link was deleted in any namespace: a lease's link, or the other end of one. */
  linkGone(index: number, mac: string | undefined): void {
    for (const lease of [...this.#leases.values()]) if (lease.concerns(index, mac)) lease.look();
  }

  /** Looks at every lease, after events were lost. */
  lookAtAll(): void {
    for (const lease of [...this.#leases.values()]) lease.look();
  }

  /** Ends all transactions and leaves the leases as they are, for the next daemon. */
  async close(): Promise<void> {
    for (const search of this.#searches.values()) search.abort(tryAgain("the DHCP daemon ends"));
    await Promise.all([...this.#leases.values()].map((lease) => lease.stop()));
    this.#leases.clear();
  }

  async transact(
    kind: "reboot" | "renew" | "rebind",
    held: R,
    signal: AbortSignal,
  ): Promise<TransactionOutcome<R>> {
    const { attachment, netns, options } = held;
    const request = { attachment, netns, options, goal: { kind, held } };
    return await this.#family.transact(request, this.#retries, signal);
  }

  renewed({ record }: ManagedLease<R>): void {
    this.#store.write(record.attachment, this.#family.encode(record));
  }

  isRecorded({ record }: ManagedLease<R>): boolean {
    return this.#store.read(record.attachment) !== undefined;
  }

  lose(record: R): void {
    this.#family.lose(record);
  }

  serverOf(record: R): string {
    return this.#family.serverOf(record);
  }

  ended(lease: ManagedLease<R>, reason: string): void {
    const { attachment } = lease.record;
    const key = keyOf(attachment);
    this.log(lease, `ends: ${reason}`);
    if (this.#leases.get(key) !== lease) return;
    this.#leases.delete(key);
    this.#store.remove(attachment);
  }

  log({ record }: ManagedLease<R>, text: string): void {
    this.#log(`${keyOf(record.attachment)}: lease of ${record.lease.address.toString()}: ${text}`);
  }

  /** The lease that the attachment has already, if it is for this very link. */
  async #present({ attachment, netns: wanted }: WantedLease<Options>): Promise<R | undefined> {
    const managed = this.#leases.get(keyOf(attachment));
    if (managed === undefined) return undefined;
    const { netns, mac } = managed.record;
    managed.look();
    const isHere = isSameNetns(netns, wanted);
    const isManaged = this.#leases.get(keyOf(attachment)) === managed;
    if (isHere && isManaged) {
      const own = inNetns(wanted, (socket) => findLink(socket, attachment.ifName));
      if (own.mac.equals(mac)) return managed.record;
    }
    // The lease is of an earlier namespace or link of the container, which ended without a DEL.
    await this.#giveUp(attachment);
    return undefined;
  }

  /** Releases the lease that the attachment has or that is recorded, and removes the record. */
  async #giveUp(attachment: Attachment): Promise<void> {
    const key = keyOf(attachment);
    const lease = this.#leases.get(key);
    this.#leases.delete(key);
    await lease?.stop();
    const stored = this.#store.read(attachment);
    const record = lease?.record ?? (stored && this.#family.decode(attachment, stored.data));
    if (record !== undefined) await this.#release(record);
    this.#store.remove(attachment);
  }

  async #acquire(wanted: WantedLease<Options>, signal: AbortSignal): Promise<R> {
    const request = { ...wanted, goal: { kind: "acquire" } } as const;
    const outcome = await this.#family.transact(request, this.#retries, signal);
    if (outcome.kind !== "bound") throw await this.#failure(outcome, wanted.attachment);
    const { record } = outcome;
    if (signal.aborted) {
      await this.#release(record);
      signal.throwIfAborted();
    }
    const managed = new ManagedLease<R>(record, this);
    try {
      this.renewed(managed);
    } catch (error) {
      await this.#release(record);
      throw error;
    }
    this.#leases.set(keyOf(wanted.attachment), managed);
    const seconds = record.lease.times.expiryMs / 1000;
    this.log(managed, `granted by ${this.serverOf(record)} for ${seconds} s`);
    managed.begin();
    return record;
  }

  async #failure(
    outcome: Exclude<TransactionOutcome<R>, { readonly kind: "bound" }>,
    { ifName }: Attachment,
  ): Promise<CniError> {
    if (outcome.kind === "cut") return noCarrier(ifName);
    if (outcome.kind === "refused") return tryAgain(outcome.reason);
    if (outcome.kind === "silent") {
      const details = outcome.reasons.join("; ");
      return tryAgain("no more tries", {
        details: details === "" ? "no DHCP server answers" : details,
      });
    }
    const { reason, record } = outcome;
    await this.#release(record);
    const ip = record.lease.address.ip.toString();
    return new CniError(ErrorCode.IO_FAILURE, reason, {
      details: `server ${this.serverOf(record)} granted ${ip} so that it is of no use`,
    });
  }

  /** Releases a lease as far as that is possible; one that cannot be released ends by itself. */
  async #release(record: R): Promise<void> {
    const name = `${keyOf(record.attachment)}: lease of ${record.lease.address.toString()}`;
    try {
      await this.#family.release(record);
      this.#log(`${name}: released`);
    } catch (error) {
      this.#log(`${name}: cannot be released: ${errorText(error)}`);
    }
  }
}

function netnsError(error: NetnsGone): CniError {
  const msg = error.message;
  return new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg, { cause: error });
}
