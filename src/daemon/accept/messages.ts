/** The messages between the acceptor's thread and the main thread, and the memory that both share. */
import type { FileIdentity } from "./request.ts";

/** Bounds of what callers may take of the daemon. */
export interface Limits {
  /** Connections with an incomplete request; with one more the oldest is closed. */
  readonly connections: number;
  /** Bytes of incomplete requests, of all connections together. */
  readonly bytes: number;
  /** Longest time from the connection to the end of the request, in milliseconds. */
  readonly patienceMs: number;
  /** Calls that have begun and are not answered; with one more the answer is BUSY. */
  readonly calls: number;
  /** Number of the first descriptor that is too high: a call that has it could not be done. */
  readonly descriptors: number;
}

/** The task of the acceptor's thread; descriptors as numbers, which threads share. */
export interface AcceptorTask {
  readonly role: "acceptor";
  readonly listener: number;
  readonly epoll: number;
  readonly waker: number;
  readonly limits: Limits;
  /** The user that may call, beside root. */
  readonly uid: number;
  /** The daemon's network namespace; a caller in another one is on another host. */
  readonly netns: FileIdentity;
  /** See `Shared`. */
  readonly shared: Int32Array;
}

/** Cells of the shared memory. */
export const Shared = {
  /** Calls that have begun and are not answered: the acceptor adds, the main thread subtracts. */
  TAKEN: 0,
  /** One of `Phase`. */
  PHASE: 1,
  /** Connections with an incomplete request, for the metrics. */
  WAITING: 2,
  /** Calls that were refused for their number, for the metrics. */
  REFUSED: 3,
  /** Connections closed for garbage, for being late, or for their number, for the metrics. */
  DROPPED: 4,
  CELLS: 5,
} as const;

export const Phase = {
  ACCEPT: 0,
  /** Takes no more calls, answers BUSY to all connections that have come, and ends. */
  DRAIN: 1,
  /** As DRAIN, and leaves the queue of the listening socket to the next daemon. */
  LEAVE: 2,
} as const;

/** A call that begins: its turn is taken. From here on the main thread owns the descriptors. */
export interface Begun {
  readonly kind: "begun";
  readonly id: number;
  readonly connection: number;
  /** The file by which the daemon owns the call, for as long as it is open. */
  readonly turn: number;
  /** The namespace in CNI_NETNS; undefined when the request came without one. */
  readonly netns: number | undefined;
  /** Version of the protocol that the caller speaks. */
  readonly version: number;
  /** The caller's process; 0 when it is in a PID namespace that is not visible here. */
  readonly pid: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The caller has closed its connection; sent for calls that have begun, perhaps after the answer. */
export interface HungUp {
  readonly kind: "hung up";
  readonly id: number;
}

/** The thread has ended; no connection is left. */
export interface Ended {
  readonly kind: "ended";
  readonly error?: string;
}

export type FromAcceptor = Begun | HungUp | Ended;
