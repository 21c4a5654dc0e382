/**
 * What a fleet needs of the engine that keeps its truth: read, compare-and-swap over several keys, a
 * lease, and a watch from a revision. Every engine gives the same answers: `src/store/contract`.
 */

/** Of the whole engine: grows with each change, by at least one, and never goes back. */
export type Revision = bigint;

/** Names a lease of one engine. */
export type LeaseId = string;

/** A key with its value. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Of the change that gave the key this value. */
  readonly revision: Revision;
  /** The key goes with this lease; undefined for one that stays. */
  readonly lease?: LeaseId;
}

/** Keys that are read or watched. */
export type Keys =
  | { readonly key: string }
  /** From the first key to the one before `end`, in the order of their bytes. */
  | { readonly from: string; readonly end: string; readonly limit?: number };

/** Keys as they stood together at one revision. */
export interface Snapshot {
  readonly entries: readonly Entry[];
  /** Of the engine, when it read. */
  readonly revision: Revision;
  /** There are more keys in the range than the limit allowed. */
  readonly more: boolean;
}

/** What has to be so for a transaction to change anything. */
export type Condition =
  | { readonly key: string; readonly is: "absent" }
  | { readonly key: string; readonly is: "present" }
  /** The key has not been changed since this revision of it. */
  | { readonly key: string; readonly revision: Revision };

/** One change of a transaction. */
export type Change =
  | { readonly put: string; readonly value: string; readonly lease?: LeaseId }
  | { readonly delete: string };

/** What a transaction did. */
export interface Outcome {
  /** All conditions held and all changes are made; else nothing is changed. */
  readonly done: boolean;
  /** Of the change when it is done; else of the engine when it compared. */
  readonly revision: Revision;
  /** Where nothing was changed: the keys of the conditions, as they stood. */
  readonly found: readonly Entry[];
}

/** A change that a watch tells of. */
export type Event =
  | { readonly kind: "put"; readonly entry: Entry }
  | { readonly kind: "deleted"; readonly key: string; readonly revision: Revision };

/** Changes of one or more revisions, none of them divided between two batches. */
export interface Batch {
  readonly events: readonly Event[];
  /** The batches so far hold all changes up to this revision. */
  readonly revision: Revision;
}

/** The engine and its own identity, as each answer of it says. */
export interface Identity {
  /** Differs between engines that were set up apart, such as the id of etcd's cluster. */
  readonly cluster: string;
  readonly revision: Revision;
}

/** Ends a call or a watch from outside. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * The engine. Reads are linearizable: they see every change that was answered before they began. Calls
 * end in bounded time; each error is a `StoreError`.
 */
export interface Store {
  /**
   * What the engine says of itself now. Other calls fail with "wrong answer" when the engine is another one than
   * before, or its revision went back; after this one they are held against what it has answered.
   */
  identify(options?: CallOptions): Promise<Identity>;
  read(keys: Keys, options?: CallOptions): Promise<Snapshot>;
  /**
   * Makes all changes if all conditions hold, as one.
   * @throws StoreError whose `isUncertain` says that the changes may have been made all the same;
   *   "refused" for more than 128 of either, a key that is changed twice, a lease that has ended
   */
  transact(
    conditions: readonly Condition[],
    changes: readonly Change[],
    options?: CallOptions,
  ): Promise<Outcome>;
  /** A lease that ends some time after `seconds` without `renew`: a hint, never a proof. */
  grant(seconds: number, options?: CallOptions): Promise<LeaseId>;
  /** False when the lease has ended. */
  renew(lease: LeaseId, options?: CallOptions): Promise<boolean>;
  /** Ends a lease, and its keys with it; fine when it has ended. */
  revoke(lease: LeaseId, options?: CallOptions): Promise<void>;
  /**
   * Every change of the keys from a revision on (the newest plus one at most), in order, none twice and none left out; ends with the
   * signal. It goes on over a change of endpoint. A batch may be empty: a sign of progress.
   * @throws StoreError "compacted" where the engine does not know the revision any more
   */
  watch(keys: Keys, from: Revision, options?: CallOptions): AsyncIterable<Batch>;
  /** Ends its connections. */
  [Symbol.asyncDispose](): Promise<void>;
}
