/** What the acceptor's thread and the main thread tell one another. */
import type { FileIdentity } from "../protocol/index.ts";

/** Bounds of what callers may take of the daemon. */
export interface Limits {
  /** Connections whose request is not whole yet; with one more the oldest is closed. */
  readonly connections: number;
  /** Bytes of requests that are not whole yet, of all connections together. */
  readonly bytes: number;
  /** How long a request may take to come, in milliseconds. */
  readonly patienceMs: number;
  /** Requests that were begun and are not answered yet; with one more the caller is told BUSY. */
  readonly places: number;
}

export const DEFAULT_LIMITS: Limits = {
  connections: 512,
  bytes: 64 * 1024 * 1024,
  patienceMs: 2000,
  places: 512,
};

/** What the thread is started with; numbers of descriptors, which threads share. */
export interface AcceptorStart {
  readonly listener: number;
  readonly epoll: number;
  readonly waker: number;
  readonly limits: Limits;
  /** Who may call beside root. */
  readonly uid: number;
  /** The namespace that the daemon is in: who is in another one means another host. */
  readonly home: FileIdentity;
  /** See {@link Shared}. */
  readonly shared: Int32Array;
}

/** Cells of the memory that both threads see. */
export const Shared = {
  /** How many places are taken: the acceptor takes, the main thread gives back. */
  TAKEN: 0,
  /** One of {@link Phase}. */
  PHASE: 1,
  /** Connections whose request is not whole yet, for the metrics. */
  WAITING: 2,
  /** Refused for want of a place, for the metrics. */
  REFUSED: 3,
  /** Closed for garbage, for being late, or for their number, for the metrics. */
  DROPPED: 4,
  CELLS: 5,
} as const;

export const Phase = {
  ACCEPT: 0,
  /** Takes no more calls; tells who has come already to go elsewhere, and ends. */
  DRAIN: 1,
  /** As DRAIN, and leaves who waits at the listening socket to the next daemon. */
  LEAVE: 2,
} as const;

/** A call that begins: its turn is taken. From here on the main thread owns the descriptors. */
export interface Begun {
  readonly kind: "begun";
  readonly id: number;
  readonly connection: number;
  /** Of the file that says that the call is ours, while it is open. */
  readonly turn: number;
  /** Of the namespace in CNI_NETNS; undefined when it came without. */
  readonly netns: number | undefined;
  /** Version of the protocol that the caller speaks. */
  readonly version: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The caller has gone; sent for calls that have begun, perhaps after they were answered. */
export interface HungUp {
  readonly kind: "hung up";
  readonly id: number;
}

/** The thread has ended: nobody waits any more. */
export interface Ended {
  readonly kind: "ended";
  readonly error?: string;
}

export type FromAcceptor = Begun | HungUp | Ended;
