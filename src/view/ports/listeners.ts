import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";

/** A socket of the host on which a process waits for connections or datagrams. */
export interface Listener {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** The unspecified one for all addresses. */
  readonly address: Ip;
  /** Absent where no process is found that has the socket: the kernel's own, or one hidden from us. */
  readonly process?: ListeningProcess;
}

export interface ListeningProcess {
  readonly pid: number;
  /** As the kernel shortens it. */
  readonly name: string;
}

interface Socket extends Omit<Listener, "process"> {
  readonly inode: string;
}

const TABLES = [
  { file: "tcp", protocol: "tcp", family: 4 },
  { file: "tcp6", protocol: "tcp", family: 6 },
  { file: "udp", protocol: "udp", family: 4 },
  { file: "udp6", protocol: "udp", family: 6 },
] as const;

/** include/net/tcp_states.h: TCP_LISTEN, and TCP_CLOSE for an UDP socket that is not connected. */
const WAITING = { tcp: "0A", udp: "07" } as const;

/**
 * What listens in this process's own namespace on one of the ports. Processes are looked through for
 * what was found, and only then.
 * @param proc where the kernel shows them
 */
export function listenersOn(
  isWanted: (port: number, protocol: Listener["protocol"]) => boolean,
  proc = "/proc",
): Listener[] {
  const sockets = TABLES.flatMap(({ file, protocol, family }) =>
    socketsOf(textOf(`${proc}/self/net/${file}`), protocol, family),
  ).filter(({ port, protocol }) => isWanted(port, protocol));
  const owners = processesOf(new Set(sockets.map(({ inode }) => inode)), proc);
  return sockets.map(({ inode, ...socket }) => ({
    ...socket,
    ...defined({ process: owners.get(inode) }),
  }));
}

function socketsOf(text: string, protocol: Listener["protocol"], family: 4 | 6): Socket[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const words = line.trim().split(/\s+/u);
      const [address = "", port = ""] = (words[1] ?? "").split(":");
      if (words[3] !== WAITING[protocol] || address.length !== (family === 4 ? 8 : 32)) return [];
      const inode = words[9] ?? "";
      return [{ protocol, port: Number.parseInt(port, 16), address: addressOf(address), inode }];
    });
}

/** Words of 32 bits, each in the order of this machine, which is little-endian. */
function addressOf(hex: string): Ip {
  const words = hex.match(/.{8}/gu) ?? [];
  return Ip.fromBytes(Buffer.concat(words.map((word) => Buffer.from(word, "hex").reverse())));
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
