import { entryOf } from "../../base/index.ts";
import { ByteWriter } from "../../bytes/index.ts";

// Which type a set's key has means nothing to the kernel: it compares bytes. The numbers are nft's
// (`enum datatypes` in its datatype.h) and decide how `nft list ruleset` prints the elements.

/** How many bytes a value takes, its number in nft and the order of its bytes. */
interface DataType {
  readonly code: number;
  readonly length: number;
  readonly order: "host" | "big";
}

/** A type that keys and values of our sets and maps may have; nft's own name. */
export type DataTypeName =
  | "ipv4_addr"
  | "ipv6_addr"
  | "ether_addr"
  | "inet_proto"
  | "inet_service"
  | "mark"
  | "ifname";

const types: Readonly<Record<DataTypeName, DataType>> = {
  ipv4_addr: { code: 7, length: 4, order: "big" },
  ipv6_addr: { code: 8, length: 16, order: "big" },
  ether_addr: { code: 9, length: 6, order: "big" },
  inet_proto: { code: 12, length: 1, order: "big" },
  inet_service: { code: 13, length: 2, order: "big" },
  mark: { code: 19, length: 4, order: "host" },
  ifname: { code: 41, length: 16, order: "host" },
};

const names = new Map<number, DataTypeName>(
  (Object.keys(types) as DataTypeName[]).map((name) => [types[name].code, name]),
);

const BITS_PER_TYPE = 6;
const TYPE_MASK = (1 << BITS_PER_TYPE) - 1;
const REGISTER_SIZE = 4;

/** What a value type is made of; RangeError for a name that is none. */
export function dataType(name: DataTypeName): DataType {
  return entryOf(types, name, "the types");
}

/** nft's number of a (concatenated) type: six bits for each part, the first part highest. */
export function typeCode(parts: readonly DataTypeName[]): number {
  return parts.reduce((code, part) => (code << BITS_PER_TYPE) | dataType(part).code, 0) >>> 0;
}

/** Parts of a type number; undefined when one of them is none of ours. */
export function typeParts(code: number): readonly DataTypeName[] | undefined {
  const parts: DataTypeName[] = [];
  for (let rest = code; rest !== 0; rest >>>= BITS_PER_TYPE) {
    const name = names.get(rest & TYPE_MASK);
    if (name === undefined) return undefined;
    parts.unshift(name);
  }
  return parts.length === 0 ? undefined : parts;
}

/** Bytes of a key: exact for a single type, in whole registers for each part of several. */
export function typeLength(parts: readonly DataTypeName[]): number {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return types[only].length;
  return parts.reduce((sum, part) => sum + registers(types[part].length) * REGISTER_SIZE, 0);
}

/** How many 4-byte registers a value fills. */
export function registers(length: number): number {
  return Math.ceil(length / REGISTER_SIZE);
}

/**
 * Joins values to one key. A single value stays as it is; of several, each is padded with zeroes
 * to whole registers, because that is how they lie in the registers that a rule loads.
 *
 * @example
 * ```ts
 * import { concat, portValue, protoValue } from "hawser/nftables";
 *
 * concat(protoValue("tcp"), portValue(80)); // → Uint8Array.of(6, 0, 0, 0, 0, 80, 0, 0)
 * concat(portValue(80)); // → Uint8Array.of(0, 80)
 * ```
 */
export function concat(...values: readonly Uint8Array[]): Uint8Array {
  const [only] = values;
  if (only !== undefined && values.length === 1) return only;
  const writer = new ByteWriter(32);
  for (const value of values) writer.bytes(value).align(REGISTER_SIZE);
  return writer.finish();
}

/**
 * Cuts a key into the values that `concat` joined. RangeError when the length is another.
 *
 * @example
 * ```ts
 * import { split } from "hawser/nftables";
 *
 * const key = Uint8Array.of(6, 0, 0, 0, 0, 80, 0, 0);
 * split(key, ["inet_proto", "inet_service"]); // → [Uint8Array.of(6), Uint8Array.of(0, 80)]
 * split(key, ["inet_proto"]); // throws RangeError: key of 8 bytes is no inet_proto
 * ```
 */
export function split(key: Uint8Array, parts: readonly DataTypeName[]): Uint8Array[] {
  if (key.length !== typeLength(parts)) {
    throw new RangeError(`key of ${key.length} bytes is no ${parts.join(" . ")}`);
  }
  let at = 0;
  return parts.map((part) => {
    const { length } = types[part];
    const value = key.subarray(at, at + length);
    at += registers(length) * REGISTER_SIZE;
    return value;
  });
}

/** Numbers of transport protocols (`IPPROTO_*`) that have ports. */
export const IpProto = { icmp: 1, tcp: 6, udp: 17, dccp: 33, icmpv6: 58, sctp: 132 } as const;

/**
 * Value of type `inet_proto`.
 *
 * @example
 * ```ts
 * import { protoValue } from "hawser/nftables";
 *
 * protoValue("udp"); // → Uint8Array.of(17)
 * protoValue(47); // → Uint8Array.of(47)
 * ```
 */
export function protoValue(protocol: keyof typeof IpProto | number): Uint8Array {
  const number =
    typeof protocol === "number" ? protocol : entryOf(IpProto, protocol, "the protocols");
  return new ByteWriter(1).u8(number).finish();
}

/**
 * Value of type `inet_service`: a port, in network order.
 *
 * @example
 * ```ts
 * import { portValue } from "hawser/nftables";
 *
 * portValue(8080); // → Uint8Array.of(0x1f, 0x90)
 * ```
 */
export function portValue(port: number): Uint8Array {
  return new ByteWriter(2).u16be(port).finish();
}

/**
 * A 32-bit number in host order: value of type `mark` and of most `meta` and `ct` keys.
 *
 * @example
 * ```ts
 * import { markValue } from "hawser/nftables";
 *
 * markValue(0x100); // → Uint8Array.of(0, 1, 0, 0)
 * ```
 */
export function markValue(mark: number): Uint8Array {
  return new ByteWriter(4).u32(mark).finish();
}

const IFNAMSIZ = 16;

/**
 * Value of type `ifname`: the name, filled to 16 bytes with zeroes.
 *
 * @example
 * ```ts
 * import { ifnameValue } from "hawser/nftables";
 *
 * ifnameValue("eth0").length; // → 16
 * ifnameValue("a-name-of-16-byt"); // throws RangeError: interface name too long: a-name-of-16-byt
 * ```
 */
export function ifnameValue(name: string): Uint8Array {
  const bytes = new ByteWriter(IFNAMSIZ).cstring(name).finish();
  if (bytes.length > IFNAMSIZ) throw new RangeError(`interface name too long: ${name}`);
  const padded = new Uint8Array(IFNAMSIZ);
  padded.set(bytes);
  return padded;
}
