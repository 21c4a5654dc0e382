import type { Ip } from "../../addr/index.ts";
import type { ListeningSocket } from "../../kernel/sockets/index.ts";

/** Whether a socket answers at an address: it waits there, or at any address. */
export function answersAt({ address }: ListeningSocket, ip: Ip): boolean {
  if (address.equals(ip)) return true;
  return address.isUnspecified && (address.family === ip.family || address.family === 6);
}
