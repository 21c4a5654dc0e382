import type { Memories } from "./remembered.ts";

/**
 * The format of all that Hawser keeps of attachments: owner records, journal, reservations, leases and its own
 * keys in runtimes' caches. Versions with the same number read each other's files. New keys need no new
 * number, as long as a DEL of an older version does its work without them: docs/decisions/0021-releases.md.
 */
export const STATE_FORMAT = 1;

/** What a version reads of what is kept, and where that is. */
export interface KeptState extends Memories {
  /** `STATE_FORMAT` of the version. */
  readonly format: number;
}
