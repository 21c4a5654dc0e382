import { statSync } from "node:fs";
import { errnoName } from "../../base/index.ts";
import type { NetnsNote } from "../../journal/index.ts";
import {
  isOwnPath,
  Netns,
  NetnsGoneError,
  type NetnsIdentity,
  NotANetnsError,
} from "../../kernel/netns/index.ts";
import { isSame } from "../../state/netns-record/index.ts";

/** An attachment's namespace as the journal has it, and what looks at it have shown. */
export class NotedNetns {
  readonly note: NetnsNote;
  /** When it was first seen to be gone, by the clock of `performance`. */
  goneSince: number | undefined;
  /**
   * Change time of the file that has proved to be the namespace's. The file of another namespace was
   * made later, so that the cookie, which costs a visit, is asked for once and not at each look.
   */
  #provedAt: bigint | undefined;

  constructor(note: NetnsNote) {
    this.note = note;
  }

  /** Whether the path still leads to the namespace. Looks at nothing else. */
  isAtItsPath(): boolean {
    const { path, dev, ino } = this.note;
    if (!path.startsWith("/") || isOwnPath(path)) return false;
    try {
      const status = statSync(path, { bigint: true });
      if (status.ino !== ino || status.dev !== dev) return false;
      if (status.ctimeNs === this.#provedAt) return true;
      const proof = leadsTo(path, this.note);
      if (proof === "yes") this.#provedAt = status.ctimeNs;
      return proof !== "no";
    } catch (error) {
      return !isGone(error);
    }
  }

  /** Whether the namespace is one of those that live. */
  isAmong(living: ReadonlyMap<bigint, readonly string[]>): boolean {
    const paths = living.get(this.note.ino) ?? [];
    return paths.some((path) => leadsTo(path, this.note) !== "no");
  }
}

/** Whether a path leads to a namespace; a shortage of descriptors or memory disproves nothing. */
function leadsTo(path: string, identity: NetnsIdentity): "yes" | "no" | "unknown" {
  try {
    using netns = Netns.open(path);
    return isSame(netns, identity) ? "yes" : "no";
  } catch (error) {
    return isGone(error) ? "no" : "unknown";
  }
}

/** No process of that number, no such file, or a directory that is no more. */
function isGone(error: unknown): boolean {
  if (error instanceof NetnsGoneError || error instanceof NotANetnsError) return true;
  return ["ENOENT", "ENOTDIR", "ESRCH"].includes(errnoName(error));
}
