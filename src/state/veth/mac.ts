import { Mac } from "../../addr/index.ts";

const LOCALLY_ADMINISTERED = 0x02;
const MULTICAST = 0x01;

/**
 * A random unicast address of our own choosing. A link that is born with one keeps it: programs
 * that give new links an address by policy leave those with an explicit address alone.
 */
export function randomMac(): Mac {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  bytes[0] = ((bytes[0] ?? 0) | LOCALLY_ADMINISTERED) & ~MULTICAST;
  return Mac.fromBytes(bytes);
}
