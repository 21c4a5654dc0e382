/** Sockets that wait for connections, from the tables below /proc/net. */
import { readFileSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import type { Netns } from "../../kernel/netns/index.ts";

/** Protocols that have such tables. */
export type SocketProtocol = "tcp" | "udp";

/** A socket that a program waits on. */
export interface ListeningSocket {
  readonly protocol: SocketProtocol;
  readonly address: Ip;
  readonly port: number;
}

/** TCP_LISTEN; a socket of UDP without a peer is in TCP_CLOSE. */
const LISTENS = { tcp: "0A", udp: "07" } as const;
/** More lines than are read of a table: connections are counted in it, too. */
const LINES_MAX = 200_000;
const HEX_DIGITS = 32;
const MAPPED = "0000000000000000FFFF0000";

/** Those of this namespace, or of another. */
export function listeningSockets(protocol: SocketProtocol, netns?: Netns): ListeningSocket[] {
  const files = [protocol, `${protocol}6`].map((name) => `/proc/thread-self/net/${name}`);
  const read = (): string[] => files.map(readOrNothing);
  return (netns === undefined ? read() : netns.run(read)).flatMap((text) =>
    socketsOf(text, protocol),
  );
}

/** Without IPv6 there is one table. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function socketsOf(text: string, protocol: SocketProtocol): ListeningSocket[] {
  return text
    .split("\n", LINES_MAX)
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state] = line.trim().split(/\s+/u);
      const [hex = "", port = ""] = local.split(":");
      if (state !== LISTENS[protocol]) return [];
      const address = addressOf(hex);
      return address === undefined ? [] : [{ protocol, address, port: Number.parseInt(port, 16) }];
    });
}

/** Words of four bytes, each in the order of this machine. */
function addressOf(hex: string): Ip | undefined {
  const isIp6 = hex.length === HEX_DIGITS;
  const digits = isIp6 && hex.startsWith(MAPPED) ? hex.slice(MAPPED.length) : hex;
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/u.test(digits)) return undefined;
  const words = digits.match(/.{8}/gu) ?? [];
  const numbers = Uint32Array.from(words, (word) => Number.parseInt(word, 16));
  return Ip.fromBytes(new Uint8Array(numbers.buffer));
}

/** Whether a socket answers at an address: it waits there, or at any address. */
export function answersAt({ address }: ListeningSocket, ip: Ip): boolean {
  if (address.equals(ip)) return true;
  return address.isUnspecified && (address.family === ip.family || address.family === 6);
}
