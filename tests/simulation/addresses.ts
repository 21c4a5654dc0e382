import { Ip, Prefix } from "../../src/addr/index.ts";

const known = new Map<string, readonly Ip[]>();

/** Every address of a small prefix, in order. @throws RangeError for one of more than 4096 addresses */
export function addressesOf(text: string): readonly Ip[] {
  let addresses = known.get(text);
  if (addresses === undefined) {
    const prefix = Prefix.parse(text);
    const [first, last] = [prefix.first().toBigInt(), prefix.last().toBigInt()];
    if (last - first > 4095n) throw new RangeError(`${text} has too many addresses to list`);
    const made: Ip[] = [];
    for (let at = first; at <= last; at++) made.push(Ip.fromBigInt(prefix.family, at));
    addresses = made;
    known.set(text, addresses);
  }
  return addresses;
}
