import { entryOf } from "../../base/index.ts";

/** Address families of nftables tables, by the names that `nft` prints (`NFPROTO_*`). */
export const Nfproto = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 } as const;

/** A table's family. */
export type Family = keyof typeof Nfproto;

const names = new Map<number, Family>(
  (Object.keys(Nfproto) as Family[]).map((name) => [Nfproto[name], name]),
);

/** The family of a kernel number; RangeError for one that no table can have. */
export function familyName(number: number): Family {
  const name = names.get(number);
  if (name === undefined) throw new RangeError(`unknown nftables family ${number}`);
  return name;
}

/** The kernel's number of a family; RangeError for a name that is none. */
export function familyNumber(family: Family): number {
  return entryOf(Nfproto, family, "the families");
}

/** `NFPROTO_IPV4` or `NFPROTO_IPV6`, as a `meta nfproto` comparison and a nat expression want it. */
export function nfprotoOf(ip: 4 | 6): number {
  return ip === 4 ? Nfproto.ip : Nfproto.ip6;
}
