/** Addresses that are not to be given to a new container, to be counted by prefix. */
import { Ip, Prefix } from "../addr/index.ts";
import { covers, halves, isSingle, sizeOf } from "./pieces.ts";
import type { Space } from "./space.ts";

/** What one subnet's reservations, the node's own address and the addresses of names occupy. */
export class Occupied {
  readonly #space: Space;
  readonly #reserved: readonly bigint[];
  /** Beside those that files reserve. */
  readonly #kept: readonly bigint[];

  /** Both as `numbersIn` gives them. */
  constructor(space: Space, reserved: readonly bigint[], kept: readonly bigint[]) {
    this.#space = space;
    this.#reserved = reserved;
    this.#kept = kept.filter((number) => reserved[place(reserved, number)] !== number);
  }

  /** The addresses in a prefix that files reserve. */
  reservedIn(prefix: Prefix): Ip[] {
    const [from, to] = range(this.#reserved, prefix);
    return this.#reserved.slice(from, to).map((number) => Ip.fromBigInt(prefix.family, number));
  }

  /** How many addresses of a prefix are not free for containers of the network. */
  countIn(prefix: Prefix): number {
    return lengthOf(this.#reserved, prefix) + lengthOf(this.#kept, prefix);
  }

  isEmpty(prefix: Prefix): boolean {
    return this.countIn(prefix) === 0;
  }

  /** How many containers could still be given an address of the prefix. */
  freeIn(prefix: Prefix): number {
    const unusable = this.#space.unusable.filter((end) => covers(prefix, end) && this.isEmpty(end));
    return sizeOf(prefix) - this.countIn(prefix) - unusable.length;
  }

  /** The largest empty pieces of a prefix, none of more addresses than that length has; in order. */
  emptyIn(prefix: Prefix, length: number, enough: number): Prefix[] {
    if (enough <= 0) return [];
    if (prefix.length >= length && this.isEmpty(prefix)) {
      return this.freeIn(prefix) > 0 ? [prefix] : [];
    }
    if (isSingle(prefix) || this.countIn(prefix) >= sizeOf(prefix)) return [];
    const [low, high] = halves(prefix);
    const found = this.emptyIn(low, length, enough);
    return [...found, ...this.emptyIn(high, length, enough - found.length)];
  }

  /** The lowest address of a prefix that a new container or gateway could have. */
  firstFree(prefix: Prefix): Ip | undefined {
    const taken = (address: Ip): boolean =>
      !this.#space.isUsable(address) || !this.isEmpty(Prefix.ofHost(address));
    let address = prefix.first();
    while (taken(address)) {
      if (address.equals(prefix.last())) return undefined;
      address = address.next();
    }
    return address;
  }
}

/** The numbers of the addresses that lie in a subnet, each once and in order. */
export function numbersIn(space: Space, addresses: Iterable<Ip>): readonly bigint[] {
  const numbers = new Set<bigint>();
  for (const address of addresses) {
    if (space.subnet.contains(address)) numbers.add(address.toBigInt());
  }
  return [...numbers].sort((one, other) => (one < other ? -1 : 1));
}

function range(sorted: readonly bigint[], prefix: Prefix): readonly [number, number] {
  return [place(sorted, prefix.first().toBigInt()), place(sorted, prefix.last().toBigInt() + 1n)];
}

function lengthOf(sorted: readonly bigint[], prefix: Prefix): number {
  const [from, to] = range(sorted, prefix);
  return to - from;
}

/** The place of the first number that is not below the given one. */
function place(sorted: readonly bigint[], number: bigint): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0n) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
