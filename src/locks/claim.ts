import { sha256 } from "./digest.ts";
import type { ProcessIdentity } from "./identity.ts";

/** What an operation needs for itself while it runs. */
export interface Claim {
  /** For people: which operation this is. */
  readonly operation: "ADD" | "DEL" | "CHECK" | "GC";
  readonly network: string;
  /** The containers that no other operation may work on. */
  readonly containerIds: readonly string[];
}

/** A claim as it stands on disk: names as short hashes. */
export interface Keys {
  /** GC keeps ADD, DEL and other GCs out of its network; they only keep GC out. */
  readonly kind: "gc" | "change" | "look";
  readonly network: string;
  readonly containers: ReadonlySet<string>;
}

/** The hashes of a claim. A collision makes an operation wait in vain, and no more. */
export function keysOf(claim: Claim): Keys {
  const { operation } = claim;
  return {
    kind: operation === "GC" ? "gc" : operation === "CHECK" ? "look" : "change",
    network: shortHash(claim.network),
    containers: new Set(claim.containerIds.map(shortHash)),
  };
}

/** What holds a name, and keeps nothing out but others that hold it. */
export function keysOfName(name: string): Keys {
  return { kind: "change", network: shortHash(""), containers: new Set([shortHash(name)]) };
}

/**
 * Whether two operations may not run at the same time: those on one container (section 3,
 * lifecycle), and GC with any that changes its network.
 */
export function conflict(one: Keys, other: Keys): boolean {
  if (one.network === other.network) {
    if (one.kind === "gc" && other.kind !== "look") return true;
    if (other.kind === "gc" && one.kind !== "look") return true;
  }
  for (const container of one.containers) {
    if (other.containers.has(container)) return true;
  }
  return false;
}

function shortHash(text: string): string {
  return sha256(text).slice(0, 16);
}

/**
 * The name of an operation's files: its number in the queue, its process, and, when there is but
 * one container, all that it claims; more containers stand inside the file.
 */
export interface TicketName {
  readonly number: number;
  readonly owner: ProcessIdentity;
  /** Unique among the owner's operations. */
  readonly token: string;
  readonly kind: Keys["kind"];
  readonly network: string;
  /** The container, or undefined when the file's content has the list. */
  readonly container: string | undefined;
}

const LIST = "list";
const DIGITS = 12;

/** Writes the name. Names sort as the queue does. */
export function printTicket(ticket: TicketName): string {
  const { pid, start, namespace, boot } = ticket.owner;
  return [
    String(ticket.number).padStart(DIGITS, "0"),
    ticket.kind,
    ticket.network,
    ticket.container ?? LIST,
    boot,
    namespace,
    pid,
    start,
    ticket.token,
  ].join(".");
}

const NAME =
  /^(\d{12})\.(gc|change|look)\.([0-9a-f]{16})\.([0-9a-f]{16}|list)\.([0-9a-z]+)\.([0-9a-z]+)\.(\d+)\.(\d+)\.([0-9a-z]+)$/;

/** Reads the name; undefined for a file that is none of ours. */
export function parseTicket(name: string): TicketName | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, number, kind, network, container, boot, namespace, pid, start, token] = match;
  return {
    number: Number(number),
    kind: kind as Keys["kind"],
    network: network ?? "",
    container: container === LIST ? undefined : container,
    owner: {
      boot: boot ?? "",
      namespace: namespace ?? "",
      pid: Number(pid),
      start: start ?? "",
    },
    token: token ?? "",
  };
}

const END = "end\n";

/** The content of a ticket with several containers; its last line shows that it is whole. */
export function printContainers(keys: Keys): string {
  return `${[...keys.containers].join("\n")}\n${END}`;
}

/** Reads that content; undefined while it is still being written. */
export function parseContainers(text: string): Set<string> | undefined {
  if (!text.endsWith(END)) return undefined;
  return new Set(
    text
      .slice(0, -END.length)
      .split("\n")
      .filter((line) => line !== ""),
  );
}
