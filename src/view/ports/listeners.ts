import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { defined } from "../../base/index.ts";
import { type ListeningSocket, listeningSockets } from "../../kernel/sockets/index.ts";

/** A socket of the host, and the process that waits on it. */
export interface Listener extends Omit<ListeningSocket, "inode"> {
  /** Absent where no process is found that has the socket: the kernel's own, or one hidden from us. */
  readonly process?: ListeningProcess;
}

export interface ListeningProcess {
  readonly pid: number;
  /** As the kernel shortens it. */
  readonly name: string;
}

const PROTOCOLS = ["tcp", "udp"] as const;

/**
 * What listens in this process's own namespace on one of the ports. Processes are looked through for
 * what was found, and only then.
 * @param proc where the kernel shows them
 */
export function listenersOn(
  isWanted: (port: number, protocol: Listener["protocol"]) => boolean,
  proc = "/proc",
): Listener[] {
  const sockets = PROTOCOLS.flatMap((protocol) =>
    listeningSockets(protocol, `${proc}/thread-self/net`),
  ).filter(({ port, protocol }) => isWanted(port, protocol));
  const owners = processesOf(new Set(sockets.map(({ inode }) => inode)), proc);
  return sockets.map(({ inode, ...socket }) => ({
    ...socket,
    ...defined({ process: owners.get(inode) }),
  }));
}

function processesOf(inodes: ReadonlySet<string>, proc: string): Map<string, ListeningProcess> {
  const found = new Map<string, ListeningProcess>();
  if (inodes.size === 0) return found;
  for (const pid of namesIn(proc).filter((name) => /^\d+$/u.test(name))) {
    if (found.size === inodes.size) break;
    for (const fd of namesIn(`${proc}/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/u.exec(linkOf(`${proc}/${pid}/fd/${fd}`)) ?? [];
      if (inode === undefined || !inodes.has(inode) || found.has(inode)) continue;
      found.set(inode, { pid: Number(pid), name: textOf(`${proc}/${pid}/comm`).trim() });
    }
  }
  return found;
}

/** None where a process has ended, or is another user's. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
