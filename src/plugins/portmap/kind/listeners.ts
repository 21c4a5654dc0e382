import { readFileSync } from "node:fs";
import type { PortMapping } from "./mapping.ts";

/** Where the kernel lists sockets of the calling thread's namespace, those that listen first. */
const TABLES = { tcp: ["tcp", "tcp6"], udp: ["udp", "udp6"] } as const;
/** TCP_LISTEN, and what a bound UDP socket has in its place. */
const STATES = { tcp: "0A", udp: "07" } as const;
const ENTRY = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) /u;
/** Of one table: enough for tens of thousands of sockets. */
const LARGEST_BYTES = 8 * 1024 * 1024;

/**
 * Whether a process of the host itself listens on the mapping's port: from outside it is not reached
 * any more when the mapping is there. Other protocols than TCP and UDP are not looked at.
 */
export function isListenedOn({ protocol, hostPort }: PortMapping): boolean {
  if (protocol !== "tcp" && protocol !== "udp") return false;
  return TABLES[protocol].some((table) => {
    const lines = read(`/proc/thread-self/net/${table}`).split("\n");
    return lines.some((line) => {
      const [, port = "", peer, state] = ENTRY.exec(line) ?? [];
      return (
        state === STATES[protocol] && peer === "0000" && Number.parseInt(port, 16) === hostPort
      );
    });
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1").slice(0, LARGEST_BYTES);
  } catch {
    return ""; // a kernel without IPv6 has no table of it
  }
}
