import type { AcceptorStart, FromAcceptor } from "../acceptor/settings.ts";
import type { Undeleted } from "../deletion/delete.ts";

/** What a thread of the daemon is told first of all: what it is for. */
export type ToThread =
  | { readonly role: "acceptor"; readonly start: AcceptorStart }
  | {
      readonly role: "deletion";
      readonly id: number;
      readonly indexes: readonly number[];
      /** Where the links are, when not in the daemon's own namespace. */
      readonly netnsPath?: string | undefined;
    };

/** What the deletion thread answers. */
export interface Deleted {
  readonly id: number;
  readonly left: readonly Undeleted[];
  /** It failed as a whole. */
  readonly error?: string;
}

export type FromThread = FromAcceptor | Deleted;
