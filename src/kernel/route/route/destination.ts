import type { Prefix } from "../../../addr/index.ts";
import { sameBytes } from "../../../bytes/index.ts";
import { attributeBytes } from "../../netlink/index.ts";
import { familyNumber } from "../family.ts";
import { RTA_DST } from "./attribute.ts";
import { rtmsg } from "./header.ts";

// struct rtmsg begins with the family and the length of the destination.
const FAMILY_AT = 0;
const LENGTH_AT = 1;

/**
 * Tells by the payload of a route's message whether it leads to one of the destinations. It is asked
 * before the message is decoded: a namespace may have hundreds of thousands of other routes.
 */
export function destinationFilter(
  destinations: readonly Prefix[] | undefined,
): (payload: Uint8Array) => boolean {
  if (destinations === undefined) return () => true;
  const wanted = new Map<number, Uint8Array[]>();
  for (const prefix of destinations) {
    const key = keyOf(familyNumber(prefix.family), prefix.length);
    wanted.set(key, [...(wanted.get(key) ?? []), prefix.network().ip.bytes]);
  }
  return (payload) => {
    const length = payload[LENGTH_AT] ?? 0;
    const candidates = wanted.get(keyOf(payload[FAMILY_AT] ?? 0, length));
    if (candidates === undefined || length === 0) return candidates !== undefined;
    const dst = attributeBytes(payload, rtmsg.size, RTA_DST);
    return dst !== undefined && candidates.some((each) => sameBytes(each, dst));
  };
}

function keyOf(family: number, length: number): number {
  return family * 0x100 + length;
}
