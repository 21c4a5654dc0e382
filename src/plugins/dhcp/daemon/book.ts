import { Prefix } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import { address } from "../../../kernel/route/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../../spec/index.ts";
import { differs } from "../../../state/index.ts";
import type { OwnerStore } from "../../../state/owner/index.ts";
import { atPlace, findLink, PlaceGone } from "../place.ts";
import type { AskedOptions, GrantedLease, NetnsPlace } from "../protocol.ts";
import { decodeRecord, encodeRecord, grantedLease, type LeaseRecord } from "../record.ts";
import { release } from "../release.ts";
import { converse, type Ending, type Patience, type Topic } from "./converse.ts";
import { HeldLease, type Keeper, keyOf } from "./held.ts";

/** Between the first questions of leases that are taken over by a new daemon. */
const CONFIRM_SPACING_MS = 20;
const HOST_BITS = 32;

export interface BookOptions {
  readonly store: OwnerStore;
  readonly patience: Patience;
  readonly log: (text: string) => void;
}

/** What a plugin asks a lease for. */
export interface Wanted {
  readonly attachment: Attachment;
  readonly place: NetnsPlace;
  readonly options: AskedOptions;
}

/** The leases that this daemon keeps. */
export class LeaseBook implements Keeper {
  readonly patience: Patience;
  readonly #store: OwnerStore;
  readonly #log: (text: string) => void;
  readonly #held = new Map<string, HeldLease>();
  /** Searches under way, to be ended by a DEL. */
  readonly #searches = new Map<string, AbortController>();

  constructor(options: BookOptions) {
    this.#store = options.store;
    this.patience = options.patience;
    this.#log = options.log;
  }

  /** Takes over what an earlier daemon has left. */
  adopt(): void {
    let place = 0;
    for (const { network, containerId, ifName, isStale, data } of this.#store.all()) {
      const attachment = { network, containerId, ifName };
      const record = isStale ? undefined : decodeRecord(attachment, data);
      if (record === undefined) {
        this.#store.remove(attachment); // of another boot: its container is gone
        continue;
      }
      const held = new HeldLease(record, this);
      this.#held.set(keyOf(attachment), held);
      this.log(held, "taken over");
      held.confirm(CONFIRM_SPACING_MS * place++);
    }
  }

  /** The lease of an attachment: the one it has, or a new one. */
  async add(wanted: Wanted, signal: AbortSignal): Promise<GrantedLease> {
    const key = keyOf(wanted.attachment);
    if (this.#searches.has(key)) {
      throw new CniError(ErrorCode.TRY_AGAIN_LATER, "an ADD of this attachment is under way");
    }
    const search = new AbortController();
    const abort = (): void => search.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#searches.set(key, search);
    try {
      const present = await this.#present(wanted);
      return grantedLease(present ?? (await this.#acquire(wanted, search.signal)));
    } catch (error) {
      throw error instanceof PlaceGone ? placeError(error) : error;
    } finally {
      this.#searches.delete(key);
      signal.removeEventListener("abort", abort);
    }
  }

  /** The lease that ADD has given. Throws a difference (code 100) when it is not in use as given. */
  check(attachment: Attachment): GrantedLease {
    const held = this.#held.get(keyOf(attachment));
    if (held === undefined) throw differs("no lease is held for this attachment");
    const { netns, lease } = held.record;
    try {
      atPlace(netns, (socket) => {
        const { index } = findLink(socket, attachment.ifName);
        const present = address.list(socket, { index, family: 4 });
        if (!present.some(({ prefix }) => prefix.equals(lease.address))) {
          throw differs(`address ${lease.address.toString()} is missing on ${attachment.ifName}`);
        }
      });
    } catch (error) {
      if (!(error instanceof PlaceGone)) throw error;
      held.look();
      throw differs(error.message);
    }
    return grantedLease(lease);
  }

  /** Gives the lease back; none is fine. */
  async del(attachment: Attachment): Promise<void> {
    const key = keyOf(attachment);
    this.#searches.get(key)?.abort(new CniError(ErrorCode.TRY_AGAIN_LATER, "ended by a DEL"));
    const held = this.#held.get(key);
    this.#held.delete(key);
    await held?.stop();
    const written = this.#store.read(attachment);
    const record = held?.record ?? (written && decodeRecord(attachment, written.data));
    if (record !== undefined) await this.#giveBack(record);
    this.#store.remove(attachment);
  }

  list(network: string): Attachment[] {
    return [...this.#held.values()]
      .map(({ record }) => record.attachment)
      .filter((attachment) => attachment.network === network);
  }

  /** A link is gone, in whatever namespace: one of ours, or the other end of one. */
  linkGone(index: number, mac: string | undefined): void {
    for (const held of [...this.#held.values()]) {
      if (held.concerns(index, mac)) held.look();
    }
  }

  /** Looks at every lease: what happened meanwhile is not known. */
  lookAtAll(): void {
    for (const held of [...this.#held.values()]) held.look();
  }

  /** Ends the work and leaves all leases as they are, for the next daemon. */
  async close(): Promise<void> {
    for (const search of this.#searches.values()) {
      search.abort(new CniError(ErrorCode.TRY_AGAIN_LATER, "the DHCP daemon ends"));
    }
    await Promise.all([...this.#held.values()].map((held) => held.stop()));
    this.#held.clear();
  }

  renewed({ record }: HeldLease): void {
    this.#store.write(record.attachment, encodeRecord(record));
  }

  isWritten({ record }: HeldLease): boolean {
    return this.#store.read(record.attachment) !== undefined;
  }

  ended(held: HeldLease, reason: string): void {
    const { attachment } = held.record;
    const key = keyOf(attachment);
    this.log(held, `ends: ${reason}`);
    if (this.#held.get(key) !== held) return;
    this.#held.delete(key);
    this.#store.remove(attachment);
  }

  log({ record }: HeldLease, text: string): void {
    this.#log(`${keyOf(record.attachment)}: lease of ${record.lease.address.toString()}: ${text}`);
  }

  /** The lease that is held already, if it is for this very link. */
  async #present({ attachment, place }: Wanted): Promise<LeaseRecord["lease"] | undefined> {
    const held = this.#held.get(keyOf(attachment));
    if (held === undefined) return undefined;
    const { netns, mac, lease } = held.record;
    held.look();
    const isHere = netns.dev === place.dev && netns.ino === place.ino;
    const isHeld = this.#held.get(keyOf(attachment)) === held;
    if (isHere && isHeld) {
      const own = atPlace(place, (socket) => findLink(socket, attachment.ifName));
      if (own.mac.equals(mac)) return lease;
    }
    // Of an earlier life of the container, which nobody took away.
    await this.del(attachment);
    return undefined;
  }

  async #acquire(wanted: Wanted, signal: AbortSignal): Promise<LeaseRecord["lease"]> {
    const { attachment, place, options } = wanted;
    const topic: Topic = { attachment, place, options, goal: { kind: "acquire" } };
    const ending = await converse(topic, this.patience, signal);
    if (ending.kind !== "bound") throw await this.#failure(wanted, ending);
    const { lease, mac, serverMac, grantedAt } = ending;
    const record = { attachment, netns: place, options, lease, mac, serverMac, grantedAt };
    if (signal.aborted) {
      await this.#giveBack(record);
      signal.throwIfAborted();
    }
    const held = new HeldLease(record, this);
    try {
      this.renewed(held);
    } catch (error) {
      await this.#giveBack(record);
      throw error;
    }
    this.#held.set(keyOf(attachment), held);
    this.log(held, `granted by ${lease.server.toString()} for ${lease.times.expiryMs / 1000} s`);
    held.begin();
    return lease;
  }

  async #failure(
    { attachment, place, options }: Wanted,
    ending: Exclude<Ending, { readonly kind: "bound" }>,
  ): Promise<CniError> {
    if (ending.kind === "refused") return new CniError(ErrorCode.TRY_AGAIN_LATER, ending.reason);
    if (ending.kind === "silent") {
      const details = ending.reasons.join("; ");
      return new CniError(ErrorCode.TRY_AGAIN_LATER, "no more tries", {
        details: details === "" ? "no DHCP server answers" : details,
      });
    }
    const { reason, address: ip, server, serverMac, mac } = ending;
    const times = { renewMs: Infinity, rebindMs: Infinity, expiryMs: Infinity };
    const nothing = { routers: [], routes: [], nameservers: [], times };
    const lease = { address: new Prefix(ip, HOST_BITS), server, ...nothing };
    const record = { attachment, netns: place, options, lease, mac, serverMac, grantedAt: 0 };
    await this.#giveBack(record);
    return new CniError(ErrorCode.IO_FAILURE, reason, {
      details: `server ${server.toString()} granted ${ip.toString()} so that it is of no use`,
    });
  }

  /** As far as that is possible: a lease that cannot be given back ends by itself. */
  async #giveBack(record: LeaseRecord): Promise<void> {
    const name = `${keyOf(record.attachment)}: lease of ${record.lease.address.toString()}`;
    try {
      await release(record);
      this.#log(`${name}: released`);
    } catch (error) {
      this.#log(`${name}: cannot be released: ${errorText(error)}`);
    }
  }
}

function placeError(error: PlaceGone): CniError {
  const msg = error.message;
  return new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg, { cause: error });
}
