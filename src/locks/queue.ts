import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/index.ts";
import {
  conflict,
  type Keys,
  parseContainers,
  parseTicket,
  printContainers,
  printTicket,
  type TicketName,
} from "./claim.ts";
import { randomHex } from "./digest.ts";
import { livenessOf, type ProcessIdentity } from "./identity.ts";

/** A place in the queue. */
export interface QueuePosition {
  /** The operations before this one that are still in its way. */
  blockers(): TicketName[];
  /** Shows that this process still lives, to processes that cannot see it. */
  touch(): void;
  leave(): void;
}

/**
 * The queue of all operations in flight on this machine, kept as files that need no locks of the
 * file system: Lamport's bakery. `docs/decisions/0002-locks.md` tells why, and why it is right.
 */
export class TicketQueue {
  readonly #choosing: string;
  readonly #tickets: string;
  readonly #own: ProcessIdentity;
  readonly #silenceMs: number;
  /** When a file of an unseen process was first seen with its present time stamp. */
  readonly #silence = new Map<string, { mtimeMs: number; since: number }>();

  /** `silenceMs`: after how long without a sign an owner that cannot be seen counts as dead. */
  constructor(dir: string, own: ProcessIdentity, silenceMs: number) {
    this.#choosing = join(dir, "choosing");
    this.#tickets = join(dir, "tickets");
    this.#own = own;
    this.#silenceMs = silenceMs;
  }

  /** Takes the next number. Rethrows the system's error when the directory cannot be written. */
  enter(keys: Keys): QueuePosition {
    const [only] = keys.containers;
    const ticket: Omit<TicketName, "number"> = {
      owner: this.#own,
      token: randomHex(8),
      kind: keys.kind,
      network: keys.network,
      container: keys.containers.size === 1 ? only : undefined,
    };
    const mark = `${this.#choosing}/${printTicket({ ...ticket, number: 0 })}`;
    this.#create(mark, "");
    let name: string;
    try {
      const number = 1 + Math.max(0, ...this.#list(this.#tickets).map((other) => other.number));
      name = printTicket({ ...ticket, number });
      const content = ticket.container === undefined ? printContainers(keys) : "";
      this.#create(`${this.#tickets}/${name}`, content);
    } finally {
      unlinkQuietly(mark);
    }
    return this.#place(name, keys);
  }

  #place(name: string, keys: Keys): QueuePosition {
    const path = `${this.#tickets}/${name}`;
    return {
      blockers: () => this.#blockers(name, keys),
      touch: () => {
        const now = new Date();
        utimesSync(path, now, now);
      },
      leave: () => unlinkQuietly(path),
    };
  }

  /** First all that are choosing, then all that have chosen: the order is what makes it right. */
  #blockers(own: string, keys: Keys): TicketName[] {
    const choosing = this.#list(this.#choosing).filter((other) =>
      this.#lives(this.#choosing, other),
    );
    const mayConflict = choosing.filter((other) => this.#conflicts(this.#choosing, other, keys));
    if (mayConflict.length > 0) return mayConflict;
    return this.#list(this.#tickets, own).filter(
      (other) => this.#conflicts(this.#tickets, other, keys) && this.#lives(this.#tickets, other),
    );
  }

  /** The files of a directory; with `end` those before it in the queue. */
  #list(dir: string, end?: string): TicketName[] {
    try {
      return readdirSync(dir)
        .filter((name) => end === undefined || name < end)
        .map(parseTicket)
        .filter((ticket) => ticket !== undefined);
    } catch (error) {
      if (errnoName(error) === "ENOENT") return [];
      throw error;
    }
  }

  #conflicts(dir: string, other: TicketName, keys: Keys): boolean {
    const { kind, network, container } = other;
    const containers =
      container === undefined ? this.#containers(dir, other) : new Set([container]);
    // An operation that has not yet written its claim may claim all.
    return containers === undefined || conflict(keys, { kind, network, containers });
  }

  #containers(dir: string, ticket: TicketName): Set<string> | undefined {
    try {
      return parseContainers(readFileSync(join(dir, printTicket(ticket)), "utf8"));
    } catch {
      return undefined; // it has just left
    }
  }

  /** Whether the owner of a file lives; a dead one's file is removed: its name never comes again. */
  #lives(dir: string, ticket: TicketName): boolean {
    const path = join(dir, printTicket(ticket));
    const liveness = livenessOf(ticket.owner, this.#own);
    const dead = liveness === "dead" || (liveness === "unknown" && this.#isSilent(path));
    if (dead) {
      unlinkQuietly(path);
      this.#silence.delete(path);
    }
    return !dead;
  }

  /**
   * Whether nothing was heard of a file for long. Its age is measured by this process's own
   * patience, so that neither wrong clocks nor a machine asleep make a living one look dead.
   */
  #isSilent(path: string): boolean {
    let mtimeMs: number;
    try {
      ({ mtimeMs } = statSync(path));
    } catch {
      return true;
    }
    const known = this.#silence.get(path);
    if (known?.mtimeMs === mtimeMs) return performance.now() - known.since > this.#silenceMs;
    if (this.#silence.size > 1000) this.#silence.clear();
    this.#silence.set(path, { mtimeMs, since: performance.now() });
    return false;
  }

  #create(path: string, content: string): void {
    let fd: number;
    try {
      fd = openSync(path, "wx", 0o600);
    } catch (error) {
      if (errnoName(error) !== "ENOENT") throw error;
      mkdirSync(this.#choosing, { recursive: true, mode: 0o700 });
      mkdirSync(this.#tickets, { recursive: true, mode: 0o700 });
      fd = openSync(path, "wx", 0o600);
    }
    try {
      if (content !== "") writeSync(fd, content);
    } catch (error) {
      unlinkQuietly(path);
      throw error;
    } finally {
      closeSync(fd);
    }
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another process has removed it.
  }
}
