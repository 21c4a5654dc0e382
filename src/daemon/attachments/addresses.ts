import { isRecord, objectOf } from "../../journal/index.ts";

/** A result with more, or a longer text, is not looked at: nothing needs that many. */
const ADDRESSES_MAX = 64;
const TEXT_MAX = 256 * 1024;

/** The addresses in a result that was printed, in CIDR notation. */
export function addressesIn(text: string): string[] {
  return text.length > TEXT_MAX ? [] : addressesOf(objectOf(text));
}

/** The addresses of a result of any version, in CIDR notation. */
export function addressesOf(result: unknown): string[] {
  if (!isRecord(result)) return [];
  const { ips, ip4, ip6 } = result;
  const listed: unknown[] = Array.isArray(ips) ? ips.slice(0, ADDRESSES_MAX) : [ip4, ip6];
  return listed.flatMap((each) => {
    // "ip" is the key of versions before 0.3.0.
    const address: unknown = isRecord(each) ? (each["address"] ?? each["ip"]) : undefined;
    return typeof address === "string" ? [address] : [];
  });
}
