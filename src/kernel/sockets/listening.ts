import { closeSync, openSync, readSync } from "node:fs";
import { Ip } from "../../addr/index.ts";

/** Protocols whose sockets the kernel lists below /proc/net. */
export type SocketProtocol = "tcp" | "udp";

/** A socket that a program waits on for connections or datagrams. */
export interface ListeningSocket {
  readonly protocol: SocketProtocol;
  /** The unspecified one for all addresses. */
  readonly address: Ip;
  readonly port: number;
  /** Of the socket: processes have it as `socket:[INODE]` among their descriptors. */
  readonly inode: string;
}

/** include/net/tcp_states.h: TCP_LISTEN, and TCP_CLOSE for a UDP socket that is not connected. */
const LISTENS = { tcp: "0A", udp: "07" } as const;
/** So much of a table is read: a namespace's owner may fill it. */
const BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const MAPPED = "0000000000000000FFFF0000";

/**
 * Sockets that listen in the namespace of the calling thread.
 * @param tables where the kernel lists them
 */
export function listeningSockets(
  protocol: SocketProtocol,
  tables = "/proc/thread-self/net",
): ListeningSocket[] {
  return [protocol, `${protocol}6`].flatMap((name) => socketsOf(`${tables}/${name}`, protocol));
}

function socketsOf(path: string, protocol: SocketProtocol): ListeningSocket[] {
  const found: ListeningSocket[] = [];
  for (const line of linesOf(path)) {
    const words = line.trim().split(/\s+/u);
    if (words[0] === "sl") continue;
    const [hex = "", port = ""] = (words[1] ?? "").split(":");
    if (words[3] !== LISTENS[protocol]) {
      // Connections follow, of which there may be a million.
      if (protocol === "tcp") break;
      continue;
    }
    const [address, inode = ""] = [addressOf(hex), words[9]];
    if (address === undefined) continue;
    found.push({ protocol, address, port: Number.parseInt(port, 16), inode });
  }
  return found;
}

/** Whole lines; none of a kernel without IPv6, which has no table of it. */
function* linesOf(path: string): Generator<string> {
  const fd = openIfThere(path);
  if (fd === undefined) return;
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = "";
    for (let read = 0, count = 1; count > 0 && read < BYTES_MAX; read += count) {
      count = readSync(fd, buffer);
      const lines = (rest + buffer.toString("latin1", 0, count)).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}

/** Words of four bytes, each in the order of this machine. */
function addressOf(hex: string): Ip | undefined {
  const digits = hex.startsWith(MAPPED) ? hex.slice(MAPPED.length) : hex;
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/u.test(digits)) return undefined;
  const words = digits.match(/.{8}/gu) ?? [];
  const numbers = Uint32Array.from(words, (word) => Number.parseInt(word, 16));
  return Ip.fromBytes(new Uint8Array(numbers.buffer));
}
