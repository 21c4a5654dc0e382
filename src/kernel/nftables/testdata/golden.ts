import { readFileSync } from "node:fs";
import type { NetlinkMessage } from "../../netlink/index.ts";

/** One message as nft sent it: message number, flags, payload in hex. */
export type GoldenMessage = readonly [message: number, flags: number, payload: string];

/** What nft 1.0.6 sends for a command. */
export interface Golden {
  readonly nft: string;
  readonly messages: readonly GoldenMessage[];
}

/**
 * Bytes that nft 1.0.6 sent between begin and end of a transaction, seen by
 *   unshare -n -m strace -s 999999 -e trace=sendmsg -e write=3 nft -f FILE
 * where FILE holds the command that stands beside them. The rules went to tables
 * `inet t` (set s, map m, maps v, chains c d e), `bridge nat` (PREROUTING, x), `bridge b` (c).
 */
export const goldens: readonly Golden[] = JSON.parse(
  readFileSync(new URL("golden.json", import.meta.url), "utf8"),
) as Golden[];

/** The messages of one command. */
export function golden(nft: string): readonly GoldenMessage[] {
  const found = goldens.find((entry) => entry.nft === nft);
  if (found === undefined) throw new Error(`nothing recorded for: ${nft}`);
  return found.messages;
}

/** Recorded payload as a message of the kernel. */
export function asMessage([message, flags, payload]: GoldenMessage): NetlinkMessage {
  const type = (10 << 8) | message;
  return { type, flags, sequence: 0, portId: 0, payload: Uint8Array.fromHex(payload) };
}
