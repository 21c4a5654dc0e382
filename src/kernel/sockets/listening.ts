import { readFileSync } from "node:fs";
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
/** More lines than are read of a table: it has the connections as well, those that listen first. */
const LINES_MAX = 200_000;
const MAPPED = "0000000000000000FFFF0000";

/**
 * Sockets that listen in the namespace of the calling thread.
 * @param tables where the kernel lists them
 */
export function listeningSockets(
  protocol: SocketProtocol,
  tables = "/proc/thread-self/net",
): ListeningSocket[] {
  return [protocol, `${protocol}6`].flatMap((name) =>
    socketsOf(textOf(`${tables}/${name}`), protocol),
  );
}

/** Nothing for a kernel without IPv6, which has no table of it. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function socketsOf(text: string, protocol: SocketProtocol): ListeningSocket[] {
  return text
    .split("\n", LINES_MAX)
    .slice(1)
    .flatMap((line) => {
      const words = line.trim().split(/\s+/u);
      const [hex = "", port = ""] = (words[1] ?? "").split(":");
      if (words[3] !== LISTENS[protocol]) return [];
      const [address, inode = ""] = [addressOf(hex), words[9]];
      if (address === undefined) return [];
      return [{ protocol, address, port: Number.parseInt(port, 16), inode }];
    });
}

/** Words of four bytes, each in the order of this machine. */
function addressOf(hex: string): Ip | undefined {
  const digits = hex.startsWith(MAPPED) ? hex.slice(MAPPED.length) : hex;
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/u.test(digits)) return undefined;
  const words = digits.match(/.{8}/gu) ?? [];
  const numbers = Uint32Array.from(words, (word) => Number.parseInt(word, 16));
  return Ip.fromBytes(new Uint8Array(numbers.buffer));
}
