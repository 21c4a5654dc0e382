/** One subnet of a fleet, cut into blocks. */
import { Ip, Prefix } from "../addr/index.ts";
import type { Chance } from "./ports.ts";

export class Space {
  readonly subnet: Prefix;
  /** The subnet as records and pictures name it. */
  readonly text: string;
  /** Prefix length of a block. */
  readonly blockSize: number;
  /** Place of the subnet in the fleet's list. */
  readonly index: number;
  /** The subnet's own addresses, which neither a container nor a gateway may have. */
  readonly unusable: readonly Prefix[];
  readonly #hostBits: bigint;

  constructor(subnet: Prefix, blockSize: number, index: number) {
    this.subnet = subnet.network();
    this.text = this.subnet.toString();
    this.blockSize = blockSize;
    this.index = index;
    this.unusable = ownAddresses(this.subnet).map((ip) => Prefix.ofHost(ip));
    this.#hostBits = BigInt((subnet.family === 4 ? 32 : 128) - blockSize);
  }

  /** Number of the blocks. */
  get count(): bigint {
    return 1n << BigInt(this.blockSize - this.subnet.length);
  }

  /** The block with the number. */
  block(number: bigint): Prefix {
    const first = this.subnet.first().toBigInt() + (number << this.#hostBits);
    return new Prefix(Ip.fromBigInt(this.subnet.family, first), this.blockSize);
  }

  /** The block in which an address lies. */
  blockOf(address: Ip): Prefix {
    return new Prefix(address, this.blockSize).network();
  }

  /** The number of the block that begins with an address; undefined where none does. */
  numberOf(first: Ip): bigint | undefined {
    if (!this.subnet.contains(first)) return undefined;
    const offset = first.toBigInt() - this.subnet.first().toBigInt();
    const number = offset >> this.#hostBits;
    return number << this.#hostBits === offset ? number : undefined;
  }

  /** A block of chance. */
  anyBlock(chance: Chance): bigint {
    let number = 0n;
    for (let bits = 0n; 1n << bits < this.count; bits += 32n) {
      number = (number << 32n) | BigInt(Math.floor(chance() * 2 ** 32));
    }
    return number % this.count;
  }

  /** Whether a container or a gateway may have the address: not the subnet's own ones. */
  isUsable(address: Ip): boolean {
    return this.subnet.contains(address) && !this.unusable.some(({ ip }) => ip.equals(address));
  }
}

function ownAddresses(subnet: Prefix): Ip[] {
  const { broadcast } = subnet;
  // The lowest address of an IPv6 subnet is that of all its routers.
  const hasNetwork = subnet.family === 6 ? subnet.length < 127 : broadcast !== undefined;
  return [...(hasNetwork ? [subnet.first()] : []), ...(broadcast === undefined ? [] : [broadcast])];
}

/** The subnets of a fleet. */
export function spacesOf(config: {
  readonly subnets: readonly Prefix[];
  readonly blockSizes: readonly number[];
}): Space[] {
  return config.subnets.map(
    (subnet, index) => new Space(subnet, config.blockSizes[index] ?? subnet.length, index),
  );
}
