import { readFileSync } from "node:fs";
import type { Limits } from "./accept/index.ts";
import type { CallBounds } from "./calls/index.ts";

/** All that callers may take of the daemon; docs/daemon.md names each bound. */
export interface Bounds {
  readonly connections: Limits;
  readonly calls: CallBounds;
}

const CONNECTIONS = 512;
const BEGUN = 512;
const RUNNING = 384;
const MIB = 1024 * 1024;

/** Descriptors of the process itself, and a reserve for what no bound counts. */
const OWN_DESCRIPTORS = 48;
/** Descriptors of a request: connection, turn and namespace. */
const OF_REQUEST = 3;
/** Descriptors that the work of a call takes at the most: sockets, files, the pipes of a delegate. */
const OF_WORK = 16;

/** What Linux lets a process have where nothing else is said. */
const USUAL_DESCRIPTORS = 1024;

/** How many descriptors this process may have at the same time (RLIMIT_NOFILE). */
export function descriptorLimit(): number {
  const [, soft] = /^Max open files +(\d+)/mu.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return soft === undefined ? USUAL_DESCRIPTORS : Number(soft);
}

/** The bounds of a process that may have so many descriptors. A call without one would fail. */
export function boundsFor(descriptors: number): Bounds {
  const free = descriptors - OWN_DESCRIPTORS;
  const within = (most: number, share: number, each: number): number =>
    Math.max(1, Math.min(most, Math.floor((free * share) / each)));
  const running = within(RUNNING, 0.6, OF_WORK);
  const share = (part: number): number => Math.max(1, Math.floor(running * part));
  return {
    connections: {
      connections: within(CONNECTIONS, 0.1, OF_REQUEST),
      bytes: 64 * MIB,
      patienceMs: 2000,
      calls: within(BEGUN, 0.3, OF_REQUEST),
      descriptors: descriptors - OF_WORK,
    },
    calls: { running, ofNetwork: share(1 / 6), ofDelegate: share(1 / 3), ofContainer: 8 },
  };
}
