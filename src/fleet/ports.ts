/** What a member of a fleet needs beside the store: a clock, chance, and its node's files. */
import type { Ip } from "../addr/index.ts";
import type { Picture } from "./picture.ts";

/** The time of this machine. */
export interface Clock {
  /**
   * Milliseconds since this machine started, those in which it slept included (CLOCK_BOOTTIME):
   * no clock setting changes it. It begins anew with each start of the machine, which `boot` tells apart.
   */
  now(): number;
  /** The id of this start of the machine. */
  readonly boot: string;
  /** Resolves after the time, or at once when the signal is or becomes aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A number of at least 0 and less than 1. */
export type Chance = () => number;

/** The addresses that this node's files reserve, in one network. */
export interface Reserved {
  /** Every reserved address, in no order; those of the files that cannot be read as well. */
  addresses(): Iterable<Ip>;
  has(address: Ip): boolean;
}

/**
 * The node's files of one network. A change is made under the lock that each ADD takes as well: no ADD
 * reserves an address between what `work` sees and what it leaves.
 */
export interface NodeFiles {
  /** The picture as it stands; undefined before the first. */
  read(): Promise<Picture | undefined>;
  /**
   * Replaces the picture, all at once and durably (it is on the disk when this resolves), by what `work`
   * gives; undefined leaves it as it is. `work` waits for nothing.
   */
  update<T>(
    work: (
      picture: Picture | undefined,
      reserved: Reserved,
    ) => { readonly picture?: Picture; readonly result: T },
  ): Promise<T>;
}
